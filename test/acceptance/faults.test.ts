import { faults } from './faults.ts';
import { embedded } from './world.ts';

faults('embedded servers', embedded);
