import { SmokewireError } from '../../contracts/errors.ts';

/** The protocol's name of an error that kafkajs threw, such as `REBALANCE_IN_PROGRESS`; undefined for others. */
export function kafkaErrorType(thrown: unknown): string | undefined {
  for (let error = thrown; error instanceof Error; error = error.cause) {
    if ('type' in error && typeof error.type === 'string') return error.type;
    if (error.name === 'KafkaJSGroupCoordinatorNotFound') return 'GROUP_COORDINATOR_NOT_AVAILABLE';
  }
  return undefined;
}

/** What was thrown as fields of a log line: the protocol's name where there is one, and the message. */
export function errorFields(thrown: unknown): { code: string | undefined; error: string } {
  return { code: kafkaErrorType(thrown), error: thrown instanceof Error ? thrown.message : String(thrown) };
}

export function stopped(name: string): SmokewireError {
  return new SmokewireError('STOPPED', `${name} was stopped`);
}
