import { ErrorCode, NO_REFUSAL, type Refusal } from './error-codes.ts';

/** What a topic's configuration means to its logs. */
export interface LogConfig {
  readonly deletes: boolean;
  readonly compacts: boolean;
  /** Milliseconds since the append; −1 for ever. */
  readonly retentionMs: number;
  /** Bytes of each partition; −1 without bound. */
  readonly retentionBytes: number;
  readonly maxMessageBytes: number;
  readonly segmentBytes: number;
  readonly deleteRetentionMs: number;
}

/** Defaults that the broker's options set. */
export interface TopicDefaults {
  readonly retentionBytes: number;
  readonly maxMessageBytes: number;
}

/** Largest slab, and so the grain of retention and compaction. */
const SEGMENT_BYTES = 1024 * 1024;
const INTEGER = /^-?\d{1,15}$/;
const COUNT = /^\d{1,15}$/;
const NEVER = '999999999999999';

/** Every topic setting that is taken: what it has to look like. Others are refused, as Apache Kafka does. */
const SETTINGS = new Map<string, { form: RegExp; fallback: string }>(
  Object.entries({
    'cleanup.policy': { form: /^(delete|compact|delete, ?compact|compact, ?delete)$/, fallback: 'delete' },
    'compression.type': { form: /^producer$/, fallback: 'producer' },
    'delete.retention.ms': { form: COUNT, fallback: String(24 * 3600_000) },
    'file.delete.delay.ms': { form: COUNT, fallback: '60000' },
    'flush.messages': { form: COUNT, fallback: NEVER },
    'flush.ms': { form: COUNT, fallback: NEVER },
    'max.compaction.lag.ms': { form: COUNT, fallback: NEVER },
    'max.message.bytes': { form: COUNT, fallback: '' },
    'message.timestamp.type': { form: /^CreateTime$/, fallback: 'CreateTime' },
    'min.cleanable.dirty.ratio': { form: /^(0(\.\d+)?|1(\.0+)?)$/, fallback: '0.5' },
    'min.compaction.lag.ms': { form: COUNT, fallback: '0' },
    'min.insync.replicas': { form: /^[1-9]\d{0,3}$/, fallback: '1' },
    'retention.bytes': { form: INTEGER, fallback: '' },
    'retention.ms': { form: INTEGER, fallback: String(7 * 24 * 3600_000) },
    'segment.bytes': { form: COUNT, fallback: String(SEGMENT_BYTES) },
    'segment.ms': { form: COUNT, fallback: String(7 * 24 * 3600_000) },
    'unclean.leader.election.enable': { form: /^(true|false)$/, fallback: 'false' },
  }),
);

/** A setting as DescribeConfigs tells it. */
export interface Setting {
  readonly name: string;
  readonly value: string;
  readonly isDefault: boolean;
}

/** The settings of one topic: what was set, over the defaults. Replaced as a whole when they change. */
export class TopicConfig implements LogConfig {
  readonly deletes: boolean;
  readonly compacts: boolean;
  readonly retentionMs: number;
  readonly retentionBytes: number;
  readonly maxMessageBytes: number;
  readonly segmentBytes: number;
  readonly deleteRetentionMs: number;
  readonly explicit: ReadonlyMap<string, string>;
  readonly #defaults: TopicDefaults;

  constructor(explicit: ReadonlyMap<string, string>, defaults: TopicDefaults) {
    this.explicit = explicit;
    this.#defaults = defaults;
    const policy = this.#value('cleanup.policy');
    this.deletes = policy.includes('delete');
    this.compacts = policy.includes('compact');
    this.retentionMs = Number(this.#value('retention.ms'));
    this.retentionBytes = Number(this.#value('retention.bytes'));
    this.maxMessageBytes = Number(this.#value('max.message.bytes'));
    this.segmentBytes = Math.min(Number(this.#value('segment.bytes')), SEGMENT_BYTES);
    this.deleteRetentionMs = Number(this.#value('delete.retention.ms'));
  }

  /** All settings in the order of their names. */
  settings(): Setting[] {
    return [...SETTINGS.keys()].map((name) => ({
      name,
      value: this.#value(name),
      isDefault: !this.explicit.has(name),
    }));
  }

  #value(name: string): string {
    const explicit = this.explicit.get(name);
    if (explicit !== undefined) return explicit;
    if (name === 'retention.bytes') return String(this.#defaults.retentionBytes);
    if (name === 'max.message.bytes') return String(this.#defaults.maxMessageBytes);
    return SETTINGS.get(name)?.fallback ?? '';
  }
}

/** Whether a setting can be taken; null, in CreateTopics and AlterConfigs, stands for the default. */
export function checkSetting(name: string, value: string | null): Refusal {
  const setting = SETTINGS.get(name);
  if (!setting) return refuse(`unknown topic setting ${name.slice(0, 100)}`);
  if (value !== null && !setting.form.test(value)) return refuse(`${name} cannot be ${value.slice(0, 100)}`);
  return NO_REFUSAL;
}

function refuse(message: string): Refusal {
  return { error: ErrorCode.INVALID_CONFIG, message };
}
