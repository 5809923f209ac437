/**
 * node bench/save-charts.js <results.json> <folder>: the charts of how cost grows as files of their own, for
 * docs/performance.md.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { lineChart } from './charts/lines.js';

const [results, folder] = process.argv.slice(2);
const style = readFileSync(new URL('./page.css', import.meta.url), 'utf8');
/** For the picture alone: what a page has around it, and its ground, so that it can be read on any other. */
const own = 'svg { background: var(--ground); }';

mkdirSync(folder, { recursive: true });
for (const { workload, charts = [] } of JSON.parse(readFileSync(results, 'utf8')).workloads) {
  for (const chart of charts.filter(({ kind }) => kind === 'lines')) {
    const [svg = ''] = lineChart(chart).match(/<svg.*<\/svg>/s) ?? [];
    if (svg === '') continue;
    const name = `${workload}-${chart.x.label.replace(/[^a-z]+/g, '-')}.svg`;
    const whole = svg
      .replace('<svg ', '<svg xmlns="http://www.w3.org/2000/svg" ')
      // Behind the title, which comes first for whoever has the picture read out.
      .replace('</svg>', `<style>\n${style}${own}\n</style>\n</svg>`);
    writeFileSync(join(folder, name), `${whole}\n`);
    process.stdout.write(`${join(folder, name)}: ${chart.title}\n`);
  }
}
