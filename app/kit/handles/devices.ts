import { SmokewireError } from '../../../contracts/errors.ts';
import { acceptedSchema, DETECTOR_ACTIONS, type DetectorAction } from '../../../contracts/http.ts';
import type { ValvePosition } from '../../../contracts/mqtt-payloads.ts';
import type { DetectorHandle, FloorHandle, PlannedSilence, ValveHandle, Within } from '../../handles.ts';
import { SiteApi } from '../../site-api.ts';
import type { WatchedProcess } from '../watched-process.ts';
import { type HandleParts, waitForPanel } from './parts.ts';

export function detectorHandle({ watched, assertions }: HandleParts, id: number): DetectorHandle {
  const { process, time } = watched;
  const { model } = process;
  const subject = `detector/${id}`;
  const act = (action: DetectorAction) => () => time.act(() => process.act(id, action));
  const [trip, clear, kill, silence, revive] = DETECTOR_ACTIONS.map(act);
  if (!trip || !clear || !kill || !silence || !revive) throw new SmokewireError('INTERNAL', 'an action is missing');
  return {
    subject,
    id,
    trip,
    clear,
    kill,
    silence,
    revive,
    ...planned(watched, `detectors/${id}`),
    get disabledUntil() {
      return model.detectors.view(id)?.disabledUntil ?? null;
    },
    get state() {
      return model.detectors.view(id)?.state;
    },
    is: (state, { within } = {}) =>
      waitForPanel(watched, {
        about: subject,
        what: `detector ${id} to be ${state}`,
        within,
        look: () => {
          const view = model.detectors.view(id);
          return view?.state === state ? view : undefined;
        },
      }),
    isNot: (state, { within } = {}) =>
      assertions.never({
        what: `detector ${id} was ${state}`,
        within,
        is: () => model.detectors.view(id)?.state === state,
        watch: (changed) => model.onChange(changed),
        story: subject,
      }),
  };
}

export function valveHandle({ watched, assertions }: HandleParts, floor: number): ValveHandle {
  const { process } = watched;
  const { model } = process;
  const subject = `floor/${floor}`;
  const stands =
    (position: 'open' | 'closed') =>
    async ({ within }: Within = {}) => {
      await waitForPanel(watched, {
        about: subject,
        what: `valve ${floor} to be ${position}`,
        within,
        look: () => (model.floors.view(floor)?.valve.position === position ? true : undefined),
      });
    };
  const switchTo = (position: ValvePosition) => async () =>
    acceptedSchema.parse(await send(watched, 'PUT', `/api/v1/floors/${floor}/valve`, { position })).id;
  return {
    subject: `valve/${floor}`,
    floor,
    get position() {
      return model.floors.view(floor)?.valve.position ?? null;
    },
    opened: stands('open'),
    closed: stands('closed'),
    notOpened: ({ within } = {}) =>
      assertions.never({
        what: `valve ${floor} was open`,
        within,
        is: () => model.floors.view(floor)?.valve.position === 'open',
        watch: (changed) => model.onChange(changed),
        story: subject,
      }),
    open: switchTo('open'),
    close: switchTo('closed'),
    stick: () => process.valves.stick(floor),
    unstick: () => process.valves.unstick(floor),
  };
}

export function floorHandle({ watched }: HandleParts, floor: number): FloorHandle {
  const reset = async () => void (await send(watched, 'POST', `/api/v1/floors/${floor}/reset`));
  return {
    subject: `floor/${floor}`,
    floor,
    reset,
    ...planned(watched, `floors/${floor}`),
    get disabledUntil() {
      return watched.process.model.floors.view(floor)?.disabledUntil ?? null;
    },
  };
}

/** What plans a silence, by the path of what it is about. */
function planned(watched: WatchedProcess, path: string) {
  return {
    disable: async (silence: PlannedSilence) =>
      void (await send(watched, 'PUT', `/api/v1/${path}/disablement`, silence)),
    enable: async () => void (await send(watched, 'DELETE', `/api/v1/${path}/disablement`)),
  };
}

/** What a human does goes the way of the panel's buttons. */
function send(
  { time, ledger, process }: WatchedProcess,
  method: 'POST' | 'PUT' | 'DELETE',
  path: string,
  body?: object,
): Promise<unknown> {
  return time.act(() => {
    const over = ledger.begin('http', `${method} ${path}`);
    return new SiteApi(process.url).send(method, path, body).finally(over);
  });
}
