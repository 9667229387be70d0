const YEAR_10000 = Date.UTC(10_000, 0);

/** A record's time stamp, or `now` where a foreign producer stamped what is no RFC 3339 date at all: that must not cost an alarm. */
export function plausibleTime(stamp: number, now: number): number {
  return stamp >= 0 && stamp < YEAR_10000 ? stamp : now;
}
