import { mainJob } from './main-job.ts';
import { embedded } from './world.ts';

mainJob('embedded servers', embedded);
