import { describe, expect, it } from 'vitest';
import { Stages } from '../../app/stages.ts';
import type { Service } from '../../contracts/service.ts';
import { recordingLogger } from '../support/logger.ts';

/** Services that write down what is done to them, and a start of their own choosing. */
function diary() {
  const lines: string[] = [];
  const service = (name: string, { start, stop }: Partial<Pick<Service, 'start' | 'stop'>> = {}): Service => ({
    name,
    async start() {
      lines.push(`start ${name}`);
      await start?.();
    },
    async stop() {
      lines.push(`stop ${name}`);
      await stop?.();
    },
    missing: () => [`${name} is missing`],
  });
  return { lines, service };
}

describe('stages', () => {
  it('start in their order and stop in the reverse one', async () => {
    const { lines, service } = diary();
    const stages = new Stages(recordingLogger());
    await stages.start(service('broker'));
    await stages.start(service('reader 1'), service('reader 2'));
    expect(stages.missing()).toEqual(['broker is missing', 'reader 1 is missing', 'reader 2 is missing']);
    await stages.stop();
    expect(lines).toEqual([
      'start broker',
      'start reader 1',
      'start reader 2',
      'stop reader 1',
      'stop reader 2',
      'stop broker',
    ]);
    expect(stages.missing()).toEqual([]);
  });

  it('are stopped once, however often that is asked for', async () => {
    const { lines, service } = diary();
    const stages = new Stages(recordingLogger());
    await stages.start(service('broker'));
    await Promise.all([stages.stop(), stages.stop()]);
    await stages.stop();
    expect(lines).toEqual(['start broker', 'stop broker']);
  });

  it('can be stopped while one starts: it is stopped too, its start rejects, and no other begins', async () => {
    const { lines, service } = diary();
    const stages = new Stages(recordingLogger());
    await stages.start(service('broker'));
    let connected = () => {};
    const slow = service('slow', { start: () => new Promise((resolve) => (connected = () => resolve())) });
    const start = stages.start(slow);
    const refused = expect(start).rejects.toMatchObject({ code: 'STOPPED' });
    let stopped = false;
    const stop = stages.stop().then(() => {
      stopped = true;
    });
    expect(stages.signal.aborted).toBe(true);
    // All that can happen without the start has happened by then.
    await new Promise((resolve) => setImmediate(resolve));
    expect(lines.at(-1)).toBe('stop broker');
    expect(stopped, 'while a start is under way').toBe(false);
    connected();
    await Promise.all([refused, stop]);
    expect(() => stages.start(service('late'))).toThrow(expect.objectContaining({ code: 'STOPPED' }));
    expect(lines).toEqual(['start broker', 'start slow', 'stop slow', 'stop broker']);
  });

  it('leave nothing of a stage in which one failed to start', async () => {
    const { lines, service } = diary();
    const stages = new Stages(recordingLogger());
    const failing = service('failing', { start: () => Promise.reject(new Error('no port')) });
    await expect(stages.start(service('good'), failing)).rejects.toThrow('no port');
    await stages.stop();
    expect(lines.toSorted()).toEqual(['start failing', 'start good', 'stop failing', 'stop good']);
  });

  it('stop the others where one cannot, and say which', async () => {
    const { lines, service } = diary();
    const logger = recordingLogger();
    const stages = new Stages(logger);
    await stages.start(service('broker'));
    await stages.start(service('stubborn', { stop: () => Promise.reject(new Error('no')) }), service('meek'));
    await stages.stop();
    expect(lines.slice(3)).toEqual(['stop stubborn', 'stop meek', 'stop broker']);
    expect(logger.lines).toMatchObject([{ level: 'error', fields: { service: 'stubborn' } }]);
  });
});
