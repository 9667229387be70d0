import { resolve } from 'node:path';

/** Where `install` puts what the clients need, seen from the project's root. */
export const INSTALLED = resolve('.real/clients');
