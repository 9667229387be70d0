/**
 * A part with a life: the constructor does nothing, `start` takes sockets and timers, `stop` gives them all back.
 * `stop` may be called at any moment, also during `start`, and more than once; it returns when nothing is left running.
 */
export interface Service {
  readonly name: string;
  start(): Promise<void>;
  stop(): Promise<void>;
  /** What is missing before it can do its work, as words for `/readyz`; empty when it is ready. */
  missing(): readonly string[];
}
