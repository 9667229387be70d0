import { expect, test } from 'vitest';
import { detectorTopic, parseMqttTopic, valveTopic } from '../../contracts/mqtt-topics.ts';

test('what is built is parsed again', () => {
  expect(parseMqttTopic('fire/v1', detectorTopic('fire/v1', 'hq', 3, 12, 'signal'))).toEqual({
    site: 'hq',
    floor: 3,
    detector: 12,
    subject: 'signal',
  });
  expect(parseMqttTopic('fire/v1', detectorTopic('fire/v1', 'hq', 0, -7, 'signal'))).toMatchObject({ detector: -7 });
  expect(parseMqttTopic('a/b/c', valveTopic('a/b/c', 'hq', 3, 'state'))).toEqual({
    site: 'hq',
    floor: 3,
    valve: 'state',
  });
});

test.each([
  'fire/v1/hq/3/detectors/twelve/signal',
  'fire/v1/hq/3/detectors/1.5/signal',
  'fire/v1/hq/3/detectors/01/signal',
  'fire/v1/hq/3/detectors/1e3/signal',
  'fire/v1/hq/3/detectors/99999999999999999999/signal',
  'fire/v1/hq/third/detectors/1/signal',
  'fire/v1/hq/3/detectors/1/signal/more',
  'fire/v1/hq/3/detectors/1/smell',
  'fire/v1/hq/3/valve/open',
  'fire/v1/hq/3/detectors//signal',
  'fire/v2/hq/3/detectors/1/signal',
  'fire/v1',
])('%s is none of ours', (topic) => {
  expect(parseMqttTopic('fire/v1', topic)).toBeUndefined();
});
