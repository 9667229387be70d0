/** Usage of each program here: PROGRAM BOOTSTRAP CAPABILITY=TOPIC…; see ../capabilities.ts. */
export const [bootstrap, ...wanted] = process.argv.slice(2);

export const CODECS = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];
export const VALUES = Array.from({ length: 20 }, (_, i) => `${i}${' smoke'.repeat(20)}`);

/** Goes through what is wanted, an error being a fact as well. */
export async function main(capabilities) {
  for (const argument of wanted) {
    const [capability, topic] = argument.split('=');
    const fact = await capabilities[capability](topic).catch((error) => ({ error: String(error) }));
    process.stdout.write(`${JSON.stringify({ capability, ...fact })}\n`);
  }
  process.exit();
}

/** What look() answers, once that is true. */
export async function until(look) {
  for (const deadline = Date.now() + 20_000; Date.now() < deadline; ) {
    const seen = look();
    if (seen) return seen;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`in vain: ${look}`);
}

/** Once the members, in the order of what they own, own so many partitions each; `owned` answers with those of one. */
export function share(members, counts, owned) {
  return until(() => {
    const shares = members.map((member) => owned(member).toSorted()).sort(([a], [b]) => a - b);
    return shares.every(({ length }, i) => length === counts[i]) && shares;
  });
}
