import { describe, expect, it } from 'vitest';
import { eventRecord } from '../../../contracts/cloud-events.ts';
import { DEAD_LETTER_HEADERS, REPLAY_TOPIC_HEADER } from '../../../contracts/dead-letters.ts';
import { valveCommanded } from '../../../contracts/events.ts';
import { valveCommandPayloadSchema } from '../../../contracts/mqtt-payloads.ts';
import { egressOf } from '../../../processors/bridge/egress.ts';
import { read } from './fixtures.ts';

const NOW = Date.UTC(2026, 6, 1, 12);
const SITE = { root: 'fire/v1', site: 'hq' };
const payload = {
  position: 'open',
  by: 'incident/2c5ea4c0-4067-4fe9-8bad-9b1deb4d3b7d',
  id: '9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d',
  expires: '2026-07-01T12:00:10.000Z',
} as const;
const command = read(
  eventRecord(valveCommanded, {
    id: payload.id,
    source: 'floor-controller',
    time: NOW,
    data: { ...payload, floor: 3 },
  }),
  { partition: 2, offset: 40 },
);

describe('egressOf', () => {
  it('publishes a command to its floor’s valve, as the valve reads it', () => {
    const egress = egressOf(command, NOW, SITE);
    if (!('publish' in egress)) throw new Error('not published');
    expect(egress.publish.topic).toBe('fire/v1/hq/3/valve/command');
    expect(JSON.parse(egress.publish.payload)).toEqual(payload);
    expect(valveCommandPayloadSchema.parse(JSON.parse(egress.publish.payload))).toEqual(payload);
  });

  it('publishes until its time is over, and buries it then, for good', () => {
    const expires = Date.parse(payload.expires);
    expect(egressOf(command, expires - 1, SITE)).toHaveProperty('publish');
    const egress = egressOf(command, expires, SITE);
    if (!('deadLetter' in egress)) throw new Error('published');
    expect(egress.code).toBe('COMMAND_EXPIRED');
    expect(egress.deadLetter).toMatchObject({
      topic: 'valve-commands.dead',
      key: '3',
      value: command.value,
      timestamp: expires,
      headers: {
        ce_id: payload.id,
        [DEAD_LETTER_HEADERS.code]: 'COMMAND_EXPIRED',
        [DEAD_LETTER_HEADERS.partition]: '2',
        [DEAD_LETTER_HEADERS.offset]: '40',
      },
    });
    expect(egress.deadLetter.headers).not.toHaveProperty(REPLAY_TOPIC_HEADER);
  });

  it('buries what it cannot read, so that it can be replayed', () => {
    const egress = egressOf({ ...command, value: Buffer.from('{') }, NOW, SITE);
    if (!('deadLetter' in egress)) throw new Error('published');
    expect(egress.code).toBe('RECORD_INVALID');
    expect(egress.deadLetter.headers).toMatchObject({ [REPLAY_TOPIC_HEADER]: 'valve-commands' });
  });
});
