import { z } from 'zod';
import type { DetectorAction } from '../../../contracts/http.ts';
import { valvePositionSchema } from '../../../contracts/mqtt-payloads.ts';
import type { Site } from '../../site.ts';
import { disable, enable } from './disablement-acts.ts';
import { FAULT_ACTS, heal } from './fault-acts.ts';
import { detectors, floor } from './fields.ts';

/** Something that is done to a site. */
export interface Act {
  /** As the report tells it: `kill detector 8`. */
  readonly words: string;
  /** What the site has to have for it: `detector/8`, `floor/3`. */
  readonly subjects: readonly string[];
  perform(site: Site): Promise<unknown>;
}

/**
 * Every act of a timeline, by the name under which it stands there. A row parses what is written behind the name into what is
 * done: to add an act, add a row; to add a fault, one to CHAOS_ACTS.
 */
export const ACTS = z
  .strictObject({
    trip: detectorAct('trip', 'these detectors signal fire, at once and in every heartbeat until they are cleared'),
    clear: detectorAct('clear', 'these detectors signal again that all is well'),
    kill: detectorAct('kill', 'these detectors lose their connection and send nothing more; their Last Will fires'),
    silence: detectorAct('silence', 'these detectors stay connected and send nothing: only a watchdog finds out'),
    revive: detectorAct('revive', 'killed or silenced detectors come back'),
    valve: z
      .strictObject({ floor, position: valvePositionSchema })
      .describe("the human's switch of a floor's valve")
      .transform(
        ({ floor, position }): Act => ({
          words: `a human switches valve ${floor} ${position}`,
          subjects: [`floor/${floor}`],
          perform: (site) => (position === 'open' ? site.valve(floor).open() : site.valve(floor).close()),
        }),
      ),
    reset: floorAct(
      "a human ends the floor's fire incident; refused while a detector of it signals 1",
      (floor) => `a human resets floor ${floor}`,
      (site, floor) => site.floor(floor).reset(),
    ),
    stick: floorAct(
      "from now on the floor's valve takes commands and does nothing",
      (floor) => `valve ${floor} gets stuck`,
      async (site, floor) => site.valve(floor).stick(),
    ),
    unstick: floorAct(
      "the floor's valve obeys the next command again",
      (floor) => `valve ${floor} gets free`,
      async (site, floor) => site.valve(floor).unstick(),
    ),
    disable,
    enable,
    heal,
    ...FAULT_ACTS,
  })
  .partial();

function detectorAct(action: DetectorAction, meaning: string) {
  return detectors.describe(meaning).transform(
    (ids): Act => ({
      words: `${action} ${ids.length > 1 ? 'detectors' : 'detector'} ${ids.join(', ')}`,
      subjects: ids.map((id) => `detector/${id}`),
      perform: async (site) => {
        for (const id of ids) await site.detector(id)[action]();
      },
    }),
  );
}

function floorAct(
  meaning: string,
  words: (floor: number) => string,
  perform: (site: Site, floor: number) => Promise<void>,
) {
  return floor
    .describe(meaning)
    .transform(
      (given): Act => ({ words: words(given), subjects: [`floor/${given}`], perform: (site) => perform(site, given) }),
    );
}
