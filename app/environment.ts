import { SETTING_NAMES, settingOf } from '../contracts/settings.ts';

/** Variables as a process has them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The settings that the environment gives, as text, by setting name. A variable that is set to nothing counts as not set. */
export function settingsFromEnvironment(env: Environment): Record<string, string> {
  return Object.fromEntries(
    SETTING_NAMES.flatMap((name) => {
      const text = env[settingOf(name).env];
      return text ? [[name, text]] : [];
    }),
  );
}
