/** The page of a run: tables and pictures, whole in one file, readable without scripts. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { groupChart, ratioChart } from './charts/bars.js';
import { lineChart } from './charts/lines.js';
import { escapeText } from './charts/svg.js';
import { formatCell, formatGoal, isReached } from './report.js';

const STYLE = readFileSync(new URL('./page.css', import.meta.url), 'utf8');
const DRAW = { bars: ratioChart, groups: groupChart, lines: lineChart };

/** Writes it beside the JSON `file`. Answers its path. */
export function writePage(file, results) {
  const page = file.replace(/\.json$/, '.html');
  writeFileSync(`${page}.new`, toPage(results));
  renameSync(`${page}.new`, page);
  return page;
}

function toPage(results) {
  const { date, drovebank, commit, machine, options, finished, workloads } = results;
  const facts = { date, commit, ...machine };
  const notes = [
    ...(options.quick ? ['A quick run: small and short. Its figures are a first impression.'] : []),
    ...(finished ? [] : ['This run has not got to its end.']),
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>drovebank ${escapeText(drovebank)} beside its rivals, ${date.slice(0, 10)}</title>
<style>
${STYLE}</style>
</head>
<body>
<header>
<h1>drovebank ${escapeText(drovebank)} beside its rivals</h1>
<dl>
${Object.entries(facts).map(toFact).join('\n')}
</dl>
${notes.map(toParagraph).join('\n')}
<p>All figures are from one run on one machine, where the contestants took turns: the ratios mean more than any
figure alone. docs/performance.md tells what each column is.</p>
</header>
<nav aria-label="Workloads"><ol>
${workloads.map(({ workload, title }) => `<li><a href="#${workload}">${escapeText(title)}</a></li>`).join('\n')}
</ol></nav>
<main>
${toGoals(workloads)}
${workloads.map(toSection).join('\n')}
</main>
</body>
</html>
`;
}

const toFact = ([what, fact]) => `<dt>${escapeText(what)}</dt><dd>${escapeText(fact)}</dd>`;
const toParagraph = (text) => `<p>${escapeText(text)}</p>`;

function toGoals(workloads) {
  const rows = workloads.flatMap(({ workload, goals = [] }) =>
    goals.map((goal) => toGoalRow(workload, goal)),
  );
  if (rows.length === 0) return '';
  return `<section aria-labelledby="goals">
<h2 id="goals">Goals</h2>
<div class="wide" role="region" aria-labelledby="goals" tabindex="0"><table>
<thead><tr><th scope="col">Workload</th><th scope="col">Goal</th><th scope="col">Measured</th><th scope="col">Result</th></tr></thead>
<tbody>
${rows.join('\n')}
</tbody>
</table></div>
</section>`;
}

const STATES = new Map([
  [true, ['reached', '✓ reached']],
  [false, ['missed', '✗ missed']],
  [undefined, ['unknown', 'not measured']],
]);

function toGoalRow(workload, goal) {
  const [state, text] = STATES.get(isReached(goal));
  const figure = state === 'unknown' ? '-' : formatCell(goal.value, goal.format);
  return `<tr><td><a href="#${workload}">${workload}</a></td><td>${escapeText(goal.text)}</td>
<td class="figure">${figure}</td><td class="${state}">${text}</td></tr>`;
}

function toSection({ workload, title, columns, rows, notes = [], goals = [], charts = [] }) {
  const durable = rows.filter((row) => row.durable);
  const failures = rows.filter((row) => row.failure);
  const told = [
    ...failures.map((row) => `Not measured, ${row.name}: ${row.failure}`),
    ...notes,
    ...goals.map((goal) => `Goal: ${formatGoal(goal)}.`),
  ];
  return `<section id="${workload}" aria-labelledby="${workload}-title">
<h2 id="${workload}-title">${escapeText(title)}</h2>
${charts.map((chart) => DRAW[chart.kind](chart)).join('\n')}
<div class="wide" role="region" aria-labelledby="${workload}-title" tabindex="0"><table>
<thead><tr>${columns.map(toHeading).join('')}</tr></thead>
<tbody>
${rows.map((row) => toRow(columns, row)).join('\n')}
</tbody>
</table></div>
<ul>
${told.map((text) => `<li>${escapeText(text)}</li>`).join('\n')}
</ul>
${
  durable.length === 0
    ? ''
    : `<h3>What is durable before the answer</h3>
<dl>
${durable.map((row) => toFact([row.name, row.durable])).join('\n')}
</dl>`
}
</section>`;
}

const toHeading = ([, heading]) =>
  heading === ''
    ? '<th scope="col">Contestant</th>'
    : `<th scope="col">${escapeText(heading)}</th>`;

function toRow(columns, row) {
  const cells = columns.map(([key, , format]) => {
    const text = escapeText(formatCell(row[key], format));
    return key === 'name' ? `<th scope="row">${text}</th>` : `<td class="figure">${text}</td>`;
  });
  return `<tr>${cells.join('')}</tr>`;
}
