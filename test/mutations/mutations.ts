/** One way to break the program, and the shipped scenario that has to notice. */
export interface Mutation {
  readonly name: string;
  /** Under `dist/`. */
  readonly file: string;
  /** What stands there once, and what is put in its place. */
  readonly from: string;
  readonly to: string;
  /** Under `scenarios/`. */
  readonly caughtBy: string;
}

/** A notifier that is taken out of the assembly. */
const without = (channel: string): Mutation => ({
  name: `without the ${channel} notifier`,
  file: 'app/assembly.js',
  from: `const READING_ROLES = ['filter', 'floor-controller', 'watchdog', 'router', 'email', 'sms', 'lamp'];`,
  to: `const READING_ROLES = ['filter', 'floor-controller', 'watchdog', 'router', 'email', 'sms', 'lamp'].filter((role) => role !== '${channel}');`,
  caughtBy: '01-fire.yaml',
});

export const MUTATIONS: readonly Mutation[] = [
  {
    name: 'the filter lets no fire through',
    file: 'processors/filter.js',
    from: 'if (signalValueOf(record) === 0)',
    to: 'if (true)',
    caughtBy: '01-fire.yaml',
  },
  {
    name: 'the filter takes every heartbeat for a fire',
    file: 'processors/filter.js',
    from: 'if (signalValueOf(record) === 0)',
    to: 'if (false)',
    caughtBy: '10-quiet-building.yaml',
  },
  {
    name: 'a fire opens no valve',
    file: 'processors/floor-controller/step.js',
    from: `const opens = !state.fire || state.wanted !== 'open';`,
    to: 'const opens = false;',
    caughtBy: '01-fire.yaml',
  },
  {
    name: 'a detector that burns on is a further one each time',
    file: 'processors/floor-controller/step.js',
    from: 'state.fire?.detectors.includes(data.detector)',
    to: 'false',
    caughtBy: '05-human-closes-valve.yaml',
  },
  {
    name: 'an order that is not answered is forgotten',
    file: 'processors/floor-controller/step.js',
    from: 'return state.order?.deadline;',
    to: 'return undefined;',
    caughtBy: '07-stuck-valve.yaml',
  },
  {
    name: 'the watchdog never finds anybody silent',
    file: 'processors/watchdog/judge.js',
    from: 'return Math.max(misses * heartbeatMs + graceMs',
    to: 'return 1e9 + Math.max(misses * heartbeatMs + graceMs',
    caughtBy: '02-silent-detector.yaml',
  },
  {
    name: 'the watchdog waits for a quarter of the window only',
    file: 'processors/watchdog/judge.js',
    from: 'return Math.max(misses * heartbeatMs + graceMs',
    to: 'return 0.25 * Math.max(misses * heartbeatMs + graceMs',
    caughtBy: '02-silent-detector.yaml',
  },
  {
    name: 'nobody is told that the pipeline is silent',
    file: 'processors/watchdog/telling.js',
    from: 'outputs: incident',
    to: 'outputs: false',
    caughtBy: '13-silent-pipeline.yaml',
  },
  {
    name: 'passive detectors are not asked',
    file: 'processors/poller.js',
    from: 'if (turn.asking)',
    to: 'if (true)',
    caughtBy: '08-passive-detectors.yaml',
  },
  {
    name: 'the router forgets the mails',
    file: 'processors/router.js',
    from: 'return [lamp, ...emails, ...texts];',
    to: 'return [lamp, ...texts];',
    caughtBy: '01-fire.yaml',
  },
  {
    name: 'the router tells nobody that it is over',
    file: 'processors/router.js',
    from: `if (change === 'updated')`,
    to: `if (change !== 'opened')`,
    caughtBy: '04-recovery.yaml',
  },
  without('email'),
  without('sms'),
  without('lamp'),
  {
    name: 'the e-mail notifier says that it has sent, and has not',
    file: 'notifiers/email.js',
    from: 'const notice = event.data;',
    to: 'const notice = event.data; return SENT;',
    caughtBy: '01-fire.yaml',
  },
  {
    name: 'the SMS notifier says that it has sent, and has not',
    file: 'notifiers/sms.js',
    from: 'client ??= connect();',
    to: 'return SENT;',
    caughtBy: '01-fire.yaml',
  },
  {
    name: 'the lamp notifier takes off for on',
    file: 'notifiers/lamp.js',
    from: 'data: { lamp, on,',
    to: 'data: { lamp, on: true,',
    caughtBy: '04-recovery.yaml',
  },
  {
    name: 'the bridge keeps valve commands to itself',
    file: 'processors/bridge/outbound.js',
    from: 'await mqtt.publish(egress.publish.topic, egress.publish.payload, { qos: 1, retain: false });',
    to: '',
    caughtBy: '01-fire.yaml',
  },
  {
    name: 'the bridge does not pass on who was lost',
    file: 'processors/bridge/ingress.js',
    from: 'const status = parsed(statusPayloadSchema, text);',
    to: `const status = parsed(statusPayloadSchema, 'online');`,
    caughtBy: '03-killed-detector.yaml',
  },
  {
    name: 'commits are swallowed',
    file: 'transport/kafka/generation.js',
    from: 'const entries = progress.map(([, entry]) => entry);',
    to: 'const entries = [];',
    caughtBy: '17-restarted-roles.yaml',
  },
  {
    name: 'a mail that fails is not tried again',
    file: 'notifiers/retry-schedule.js',
    from: 'if (delay === undefined || topic === undefined || now + delay >= expires)',
    to: 'if (true)',
    caughtBy: '12-mail-server-down.yaml',
  },
  {
    name: 'a mail that fails is tried again at once',
    file: 'notifiers/retry-schedule.js',
    from: 'return { topic, notBefore: now + delay };',
    to: 'return { topic, notBefore: now };',
    caughtBy: '12-mail-server-down.yaml',
  },
  {
    name: 'a notice that is lost lights no lamp',
    file: 'notifiers/delivery-lamp.js',
    from: `if (channel === 'lamp')`,
    to: 'if (true)',
    caughtBy: '11-refused-sms.yaml',
  },
  {
    name: 'nobody remembers what was sent already',
    file: 'notifiers/dispatcher.js',
    from: 'this.#stages = [alreadySent(this.#sent), ',
    to: 'this.#stages = [',
    caughtBy: '14-killed-roles.yaml',
  },
];
