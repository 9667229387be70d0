import { SmokewireError } from './errors.ts';
import { headerOf, type InRecord, type OutRecord } from './kafka-records.ts';
import type { SignalValue } from './mqtt-payloads.ts';

/** One heartbeat, as `signals` carries it: key the detector's id, value one character, the rest in headers. */
export interface Signal {
  readonly detector: number;
  readonly value: SignalValue;
  readonly floor: number;
  /** The bridge that received it; its clock stamped the record. */
  readonly bridge: string;
  /** When the bridge received it, milliseconds since the Unix epoch. */
  readonly receivedAt: number;
  /** Counts up in one session of the device, where that says so. */
  readonly seq?: number | undefined;
}

/** Of a canary's record: by how many partitions its bridge deals out signals. Absent where a foreign producer does not say. */
const PARTITIONS_HEADER = 'partitions';

/** Ids below zero are canaries: synthetic detectors that prove the path alive. They stand on floor 0, which has no valve. */
export const CANARY_FLOOR = 0;
export function isCanary(detector: number): boolean {
  return detector < 0;
}

/** The record of a signal. `site` is for readers outside. */
export function signalRecord(signal: Signal & { readonly site: string }): OutRecord {
  const headers: Record<string, string> = { floor: String(signal.floor), site: signal.site, bridge: signal.bridge };
  if (signal.seq !== undefined) headers['seq'] = String(signal.seq);
  return {
    topic: 'signals',
    key: String(signal.detector),
    value: signal.value === 1 ? '1' : '0',
    headers,
    timestamp: signal.receivedAt,
  };
}

/** A canary's record for one partition, by a bridge that deals out signals to `partitions`. */
export function canaryRecord(song: OutRecord, partition: number, partitions: number): OutRecord {
  return { ...song, partition, headers: { ...song.headers, [PARTITIONS_HEADER]: String(partitions) } };
}

/** By how many partitions the bridge of a canary's record deals out signals; undefined where that is not said. */
export function partitionsSung(record: InRecord): number | undefined {
  const text = headerOf(record, PARTITIONS_HEADER);
  const partitions = text ? Number(text) : undefined;
  return Number.isSafeInteger(partitions) ? partitions : undefined;
}

const ZERO = 0x30;
const ONE = 0x31;

/** The value alone, for those who skip every 0: undefined where it is neither `0` nor `1`. */
export function signalValueOf(record: InRecord): SignalValue | undefined {
  if (record.value?.length !== 1) return undefined;
  const byte = record.value[0];
  return byte === ONE ? 1 : byte === ZERO ? 0 : undefined;
}

/** A signal from its record; throws RECORD_INVALID. A foreign producer may leave `bridge` out, but not `floor`. */
export function parseSignal(record: InRecord): Signal {
  const value = signalValueOf(record);
  const detector = Number(record.key);
  const floorText = headerOf(record, 'floor');
  const floor = Number(floorText);
  if (value === undefined || !Number.isSafeInteger(detector) || String(detector) !== record.key) {
    throw invalid(record, 'a signal is 0 or 1 under an integer key');
  }
  if (!floorText || !Number.isSafeInteger(floor)) throw invalid(record, 'the header floor is not an integer');
  const bridge = headerOf(record, 'bridge') ?? '';
  return { detector, value, floor, bridge, receivedAt: record.timestamp, seq: seqOf(record) };
}

/** Of a foreign producer it may be anything: what is no count counts for nothing. */
function seqOf(record: InRecord): number | undefined {
  const text = headerOf(record, 'seq');
  const seq = text ? Number(text) : undefined;
  return Number.isSafeInteger(seq) && seq !== undefined && seq >= 0 ? seq : undefined;
}

function invalid(record: InRecord, problem: string): SmokewireError {
  return new SmokewireError('RECORD_INVALID', `${record.topic}[${record.partition}]@${record.offset}: ${problem}`);
}
