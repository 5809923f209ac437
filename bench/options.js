/** The command's options, and what is said when they make no sense. */
import { parseArgs } from 'node:util';

export const USAGE = `npm run bench -- [options]

  --quick                 small and short: under a minute
  --only w1,w5            these workloads, also those that --quick leaves out
  --contestants a,b       these contestants
  --accounts 10000        accounts where a workload does not say how many
  --resume                go on with the newest unfinished run of this machine and commit
  --list                  the workloads and the contestants
  --help

BENCH_DIR names the folder for the databases; else the system's folder for temporary files.`;

export class WrongOption extends Error {}

/** @throws WrongOption */
export function readOptions(args, workloads, contestants) {
  const values = parse(args);
  const { resume, list, help, ...others } = values;
  if (resume && Object.keys(others).length > 0) {
    throw new WrongOption('--resume takes the options of the run that it goes on with, no others.');
  }
  return {
    resume: resume ?? false,
    list: list ?? false,
    help: help ?? false,
    options: {
      quick: values.quick ?? false,
      only: readNames('workload', values.only, workloads),
      contestants: readNames('contestant', values.contestants, contestants),
      accounts: readAccounts(values.accounts),
    },
  };
}

function parse(args) {
  const flag = { type: 'boolean' };
  const text = { type: 'string' };
  const options = {
    quick: flag,
    only: text,
    contestants: text,
    accounts: text,
    resume: flag,
    list: flag,
    help: flag,
  };
  try {
    return parseArgs({ args, options }).values;
  } catch (error) {
    throw new WrongOption(error.message);
  }
}

function readNames(what, text, known) {
  if (text === undefined) return undefined;
  const names = text.split(',').map((name) => name.trim());
  for (const name of names) {
    if (known.includes(name)) continue;
    throw new WrongOption(`There is no ${what} "${name}". There are: ${known.join(', ')}.`);
  }
  return names;
}

function readAccounts(text) {
  if (text === undefined) return undefined;
  const accounts = Number(text);
  if (Number.isSafeInteger(accounts) && accounts >= 2) return accounts;
  throw new WrongOption(`--accounts is a whole number of at least 2, not "${text}".`);
}
