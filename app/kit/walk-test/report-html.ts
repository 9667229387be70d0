import { percentOf, type SectionReport, type WalkReport } from './report.ts';

const STYLE = `
  :root { color-scheme: light dark; --text: #1b1f24; --dim: #59636e; --paper: #fff; --line: #d1d9e0; --done: #1a7f37; --done-paper: #dafbe1; --bar: #e6eaef; }
  @media (prefers-color-scheme: dark) {
    :root { --text: #e6edf3; --dim: #9198a1; --paper: #0d1117; --line: #3d444d; --done: #3fb950; --done-paper: #12351c; --bar: #262c36; }
  }
  body { margin: 2rem auto; max-width: 60rem; padding: 0 1rem; font: 16px/1.5 system-ui, sans-serif; color: var(--text); background: var(--paper); }
  h1 { font-size: 1.5rem; margin: 0; }
  h2 { font-size: 1.05rem; margin: 0; }
  p { margin: .25rem 0; color: var(--dim); }
  section { border-top: 1px solid var(--line); padding: 1rem 0; }
  header { padding-bottom: 1rem; }
  .head { display: flex; justify-content: space-between; align-items: baseline; gap: 1rem; }
  .share { font-variant-numeric: tabular-nums; white-space: nowrap; }
  header .share { font-size: 2.25rem; font-weight: 600; }
  progress { appearance: none; width: 100%; height: .5rem; border: 0; border-radius: .25rem; background: var(--bar); }
  progress::-webkit-progress-bar { background: var(--bar); border-radius: .25rem; }
  progress::-webkit-progress-value { background: var(--done); border-radius: .25rem; }
  progress::-moz-progress-bar { background: var(--done); border-radius: .25rem; }
  ul { display: flex; flex-wrap: wrap; gap: .35rem; list-style: none; margin: .6rem 0 0; padding: 0; }
  li { border: 1px solid var(--line); border-radius: .35rem; padding: 0 .5rem; font-size: .875rem; overflow-wrap: anywhere; }
  li.done { border-color: var(--done); background: var(--done-paper); }
  li.missing { color: var(--dim); border-style: dashed; }
`;

/** The report as a page that needs nothing beside itself: no script, no font, no picture. */
export function walkReportHtml({ sites, exercised, total, percent, sections }: WalkReport): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Walk test: ${percent} %</title>
<style>${STYLE}</style>
</head>
<body>
<header>
<div class="head"><h1>Walk test</h1><span class="share">${percent} %</span></div>
${bar('All of it', exercised, total)}
<p>${exercised} of ${total} exercised, by ${sites} ${sites === 1 ? 'site' : 'sites'}. ✓ was exercised; what is dashed was not.</p>
</header>
${sections.map(sectionHtml).join('\n')}
</body>
</html>
`;
}

function sectionHtml({ name, title, exercised, missing }: SectionReport): string {
  const total = exercised.length + missing.length;
  const items = [
    ...exercised.map((thing) => `<li class="done">✓ ${escaped(thing)}</li>`),
    ...missing.map((thing) => `<li class="missing">${escaped(thing)}</li>`),
  ];
  return `<section aria-labelledby="${escaped(name)}">
<div class="head"><h2 id="${escaped(name)}">${escaped(title)}</h2><span class="share">${exercised.length} of ${total} · ${percentOf(exercised.length, total)} %</span></div>
${bar(title, exercised.length, total)}
${items.length > 0 ? `<ul>${items.join('')}</ul>` : '<p>There was none.</p>'}
</section>`;
}

function bar(label: string, exercised: number, total: number): string {
  return `<progress aria-label="${escaped(label)}" value="${exercised}" max="${Math.max(total, 1)}"></progress>`;
}

/** Text from a site, such as the name of a lamp, as text of a page. */
function escaped(text: string): string {
  const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
  return text.replace(/[&<>"']/g, (char) => entities[char] ?? char);
}
