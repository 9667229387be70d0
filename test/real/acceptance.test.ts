import { randomUUID } from 'node:crypto';
import { inject } from 'vitest';
import { mainJob } from '../acceptance/main-job.ts';
import { eventually } from '../support/eventually.ts';
import { readMaildir } from './servers/opensmtpd.ts';

mainJob('Apache Kafka, mosquitto and OpenSMTPD', {
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
      return mails.find((mail) => mail.subject.includes(`(${site.name})`) && subject.test(mail.subject));
    });
  },
});
