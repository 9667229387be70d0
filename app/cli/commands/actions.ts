import { Argument, type Command } from 'commander';
import { DETECTOR_ACTIONS, type DetectorAction } from '../../../contracts/http.ts';
import { SiteApi } from '../../site-api.ts';
import { addSiteOptions, integerArguments, siteUrl } from '../options.ts';
import { painter, type Terminal } from '../terminal.ts';

const MEANING: Record<DetectorAction, string> = {
  trip: 'detectors signal fire at once, and in every heartbeat until they are cleared',
  clear: 'detectors signal that all is well again',
  kill: 'detectors lose their connection and send nothing more; their Last Will fires',
  silence: 'detectors stay connected but send nothing: the failure that only a watchdog finds',
  revive: 'killed or silenced detectors come back',
};

/** `trip`, `clear`, `kill`, `silence`, `revive ID…`: what happens to simulated detectors. */
export function addDetectorActions(program: Command, terminal: Terminal): void {
  for (const action of DETECTOR_ACTIONS) {
    addSiteOptions(program.command(action))
      .addArgument(new Argument('<id...>', 'detectors').argParser(integerArguments))
      .description(MEANING[action])
      .addHelpText(
        'after',
        `\nExamples:\n  smokewire ${action} 7\n  smokewire ${action} 7 8 9 --url http://127.0.0.1:8080`,
      )
      .action(async (ids: number[], options: { url?: string; json?: boolean }) => {
        const api = new SiteApi(siteUrl(terminal, options));
        for (const id of ids) {
          await api.send('POST', `/api/v1/detectors/${id}/${action}`);
          const line = options.json
            ? JSON.stringify({ detector: id, action })
            : `detector ${id}: ${painter(terminal)('bold', action)}`;
          terminal.stdout.write(`${line}\n`);
        }
      });
  }
}
