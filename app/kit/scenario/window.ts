import { timeInWords } from './fields.ts';
import type { WindowFields } from './schema.ts';

/** When something counts, both ends included; milliseconds since the site was ready. */
export interface Window {
  readonly from: number;
  readonly to: number;
  /** `between 13s and 16s`; empty where it is the whole scenario. */
  readonly words: string;
  /** Why it is none. */
  readonly problem?: string;
}

/** The moments of the timeline, and the end. */
interface Times {
  readonly instants: readonly number[];
  readonly until: number;
}

/** The window that the fields of an expectation give. */
export function windowOf(fields: WindowFields, times: Times): Window {
  const window = fieldsWindow(fields, times);
  if (window.problem !== undefined || window.to <= times.until) return window;
  const [to, until] = [timeInWords(window.to), timeInWords(times.until)];
  return { ...window, problem: `it may take until ${to}, but the scenario ends at ${until}: see until` };
}

function fieldsWindow({ between, within, after }: WindowFields, { instants, until }: Times): Window {
  if (between) {
    const [from, to] = between;
    const window = { from, to, words: `between ${timeInWords(from)} and ${timeInWords(to)}` };
    if (within !== undefined || after !== undefined) {
      return { ...window, problem: 'between says all: leave out within and after' };
    }
    return from <= to ? window : { ...window, problem: 'between ends before it begins' };
  }
  if (within === undefined) {
    return { from: after ?? 0, to: until, words: after === undefined ? '' : `after ${timeInWords(after)}` };
  }
  const [only = 0, ...others] = new Set(instants);
  const from = after ?? only;
  const withinMs = typeof within === 'number' ? within : within.profile.withinMs;
  const reason = typeof within === 'number' ? '' : ` (${within.profile.name}: ${within.profile.clause})`;
  const window = {
    from,
    to: from + withinMs,
    words: `within ${timeInWords(withinMs)} after ${timeInWords(from)}${reason}`,
  };
  if (after !== undefined || others.length === 0) return window;
  return { ...window, problem: 'within counts from one moment, and the timeline has several: name it with after' };
}
