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
  /** Whether records get the time of their append in place of their own. */
  readonly logAppendTime: boolean;
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

/** Where a value comes from, as DescribeConfigs says it. */
export const ConfigSource = { DYNAMIC_TOPIC: 1, STATIC_BROKER: 4, DEFAULT: 5 } as const;
/** Of which type a value is, as DescribeConfigs says it. */
export const ConfigType = { BOOLEAN: 1, STRING: 2, INT: 3, LONG: 5, DOUBLE: 6, LIST: 7 } as const;
const { BOOLEAN, STRING, INT, LONG, DOUBLE, LIST } = ConfigType;

interface Rule {
  readonly type: (typeof ConfigType)[keyof typeof ConfigType];
  readonly form: RegExp;
  readonly fallback: string;
}

/** Every topic setting that is taken: what it has to look like. Others are refused, as Apache Kafka does. */
const SETTINGS = new Map<string, Rule>(
  Object.entries({
    'cleanup.policy': { type: LIST, form: /^(delete|compact|delete, ?compact|compact, ?delete)$/, fallback: 'delete' },
    'compression.type': { type: STRING, form: /^producer$/, fallback: 'producer' },
    'delete.retention.ms': { type: LONG, form: COUNT, fallback: String(24 * 3600_000) },
    'file.delete.delay.ms': { type: LONG, form: COUNT, fallback: '60000' },
    'flush.messages': { type: LONG, form: COUNT, fallback: NEVER },
    'flush.ms': { type: LONG, form: COUNT, fallback: NEVER },
    'max.compaction.lag.ms': { type: LONG, form: COUNT, fallback: NEVER },
    'max.message.bytes': { type: INT, form: COUNT, fallback: '' },
    'message.timestamp.type': { type: STRING, form: /^(CreateTime|LogAppendTime)$/, fallback: 'CreateTime' },
    'min.cleanable.dirty.ratio': { type: DOUBLE, form: /^(0(\.\d+)?|1(\.0+)?)$/, fallback: '0.5' },
    'min.compaction.lag.ms': { type: LONG, form: COUNT, fallback: '0' },
    'min.insync.replicas': { type: INT, form: /^[1-9]\d{0,3}$/, fallback: '1' },
    'retention.bytes': { type: LONG, form: INTEGER, fallback: '' },
    'retention.ms': { type: LONG, form: INTEGER, fallback: String(7 * 24 * 3600_000) },
    'segment.bytes': { type: INT, form: COUNT, fallback: String(SEGMENT_BYTES) },
    'segment.ms': { type: LONG, form: COUNT, fallback: String(7 * 24 * 3600_000) },
    'unclean.leader.election.enable': { type: BOOLEAN, form: /^(true|false)$/, fallback: 'false' },
  }),
);

/** A setting as DescribeConfigs tells it. */
export interface Setting {
  readonly name: string;
  readonly value: string;
  readonly source: (typeof ConfigSource)[keyof typeof ConfigSource];
  readonly type: (typeof ConfigType)[keyof typeof ConfigType];
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
  readonly logAppendTime: boolean;
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
    this.logAppendTime = this.#value('message.timestamp.type') === 'LogAppendTime';
  }

  /** All settings in the order of their names. */
  settings(): Setting[] {
    return [...SETTINGS].map(([name, { type }]) => ({
      name,
      value: this.#value(name),
      source: this.explicit.has(name) ? ConfigSource.DYNAMIC_TOPIC : ConfigSource.DEFAULT,
      type,
    }));
  }

  /** What a list consists of; undefined for a setting that is none. */
  list(name: string): readonly string[] | undefined {
    if (SETTINGS.get(name)?.type !== LIST) return undefined;
    return this.#value(name).split(/, ?/);
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
