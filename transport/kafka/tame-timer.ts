import RequestQueue from 'kafkajs/src/network/requestQueue/index.js';

/** The one version of kafkajs whose insides this project knows; a test holds the installed one equal to it. */
export const KAFKAJS_VERSION = '2.2.4';

const schedule = RequestQueue.prototype.scheduleCheckPendingRequests;

/**
 * kafkajs 2.2.4 looks every millisecond, for each connection and for ever, whether a throttled request may go
 * (upstream issues 1704 and 1751): 2.4 % of a core at rest. With nothing pending there is nothing to look for, and a
 * request that is held back later schedules the look itself.
 */
RequestQueue.prototype.scheduleCheckPendingRequests = function (this: RequestQueue): void {
  if (this.pending.length > 0) schedule.call(this);
};
