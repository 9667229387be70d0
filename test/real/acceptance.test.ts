import { randomUUID } from 'node:crypto';
import { inject } from 'vitest';
import type { Site } from '../../app/index.ts';
import type { ReceivedEmail } from '../../contracts/http.ts';
import { faults } from '../acceptance/faults.ts';
import { mainJob } from '../acceptance/main-job.ts';
import type { World } from '../acceptance/world.ts';
import { eventually } from '../support/eventually.ts';
import { readMaildir } from './servers/opensmtpd.ts';

const real: World = {
  siteOptions() {
    const site = `site-${randomUUID().slice(0, 8)}`;
    const { url, bridge } = inject('mqtt');
    return {
      site,
      topicPrefix: `${site}.`,
      kafka: [inject('kafka')],
      mqtt: url,
      mqttUsername: bridge.username,
      mqttPassword: bridge.password,
      smtp: inject('smtp').url,
    };
  },
  async email(site, subject) {
    return await eventually(`a mail ${subject} from ${site.name}`, async () => {
      const mails = await readMaildir(inject('smtp').maildir);
      return mails.find((mail) => isFrom(site, mail) && subject.test(mail.subject));
    });
  },
};

/** The sites of all tests share the mail server. */
function isFrom(site: Site, mail: ReceivedEmail): boolean {
  return mail.subject.includes(`(${site.name})`);
}

const NAME = 'Apache Kafka, mosquitto and OpenSMTPD';
mainJob(NAME, real);
faults(NAME, real);
