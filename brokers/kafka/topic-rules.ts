import { ErrorCode, NO_REFUSAL, type Refusal } from './error-codes.ts';
import { NODE_ID } from './request.ts';
import { checkSetting } from './topic-config.ts';

/** A topic in one process has no use for more, and a mistyped number should not take the machine's memory. */
const MOST_PARTITIONS = 10_000;
const NAME = /^[a-zA-Z0-9._-]{1,249}$/;

/** A topic to be made; `partitions` and `replicationFactor` are −1 for the broker's default. */
export interface NewTopic {
  readonly name: string;
  readonly partitions: number;
  readonly replicationFactor: number;
  /** Which brokers have which partition; empty to leave it to this one. */
  readonly assignments: readonly { readonly index: number; readonly nodes: readonly number[] }[];
  readonly settings: readonly (readonly [name: string, value: string | null])[];
}

/** Why `wanted` cannot be made beside the topics that are there, if it cannot. */
export function newTopicRefusal(wanted: NewTopic, present: readonly string[]): Refusal {
  if (!isTopicName(wanted.name)) return refuse(ErrorCode.INVALID_TOPIC, 'not a topic name');
  if (present.includes(wanted.name)) return refuse(ErrorCode.TOPIC_ALREADY_EXISTS, 'the topic exists');
  const twin = present.find((name) => metricName(name) === metricName(wanted.name));
  if (twin !== undefined) return refuse(ErrorCode.INVALID_TOPIC, `the name collides with that of ${twin}`);
  if (wanted.assignments.length > 0) return assignmentRefusal(wanted);
  if (wanted.partitions !== -1 && (wanted.partitions < 1 || wanted.partitions > MOST_PARTITIONS)) {
    return refuse(ErrorCode.INVALID_PARTITIONS, `a topic has 1 to ${MOST_PARTITIONS} partitions`);
  }
  if (wanted.replicationFactor !== -1 && wanted.replicationFactor !== 1) {
    return refuse(ErrorCode.INVALID_REPLICATION_FACTOR, 'there is one broker, so the replication factor is 1');
  }
  return settingsRefusal(wanted.settings);
}

/** Why a topic of so many partitions cannot get `wanted`, if it cannot: they only ever become more. */
export function growthRefusal(
  present: number,
  wanted: number,
  assignments: readonly (readonly number[])[] | null,
): Refusal {
  if (wanted <= present || wanted > MOST_PARTITIONS) {
    return refuse(ErrorCode.INVALID_PARTITIONS, `the topic has ${present} partitions`);
  }
  if (assignments === null) return NO_REFUSAL;
  const fits = assignments.length === wanted - present && assignments.every(isThisBroker);
  return fits ? NO_REFUSAL : MISPLACED;
}

/** Whether a topic may be called so. */
export function isTopicName(name: string): boolean {
  return NAME.test(name) && name !== '.' && name !== '..';
}

/** Metrics write a dot as an underscore, so two topics must not differ in that alone. */
function metricName(topic: string): string {
  return topic.replaceAll('.', '_');
}

function assignmentRefusal({ partitions, replicationFactor, assignments, settings }: NewTopic): Refusal {
  if (partitions !== -1 || replicationFactor !== -1) {
    return refuse(
      ErrorCode.INVALID_REQUEST,
      'assignments say by themselves how many partitions and replicas there are',
    );
  }
  const indexes = new Set(assignments.map(({ index }) => index));
  const isComplete = assignments.every((_, index) => indexes.has(index));
  const isPlaced = assignments.every(({ nodes }) => isThisBroker(nodes));
  return isComplete && isPlaced ? settingsRefusal(settings) : MISPLACED;
}

function isThisBroker(nodes: readonly number[]): boolean {
  return nodes.length === 1 && nodes[0] === NODE_ID;
}

/** The first of the settings that cannot be taken. */
export function settingsRefusal(settings: NewTopic['settings']): Refusal {
  for (const [name, value] of settings) {
    const refusal = checkSetting(name, value);
    if (refusal.error !== ErrorCode.NONE) return refusal;
  }
  return NO_REFUSAL;
}

function refuse(error: ErrorCode, message: string): Refusal {
  return { error, message };
}

const MISPLACED = refuse(ErrorCode.INVALID_REPLICA_ASSIGNMENT, `every partition has one replica, on broker ${NODE_ID}`);
