import type { Command } from './context.js';

/** What the command line offers: data only, so that starting up loads no command but the one asked for. */
export interface CommandFacts {
  /** Name and operands: `deposit <id> <amount>`. */
  readonly usage: string;
  readonly summary: string;
  /** More for the command's own help. */
  readonly about?: string;
  readonly group: 'Everyday' | 'Look' | 'Keep' | 'Run';
  /** It changes the bank: it takes --dry-run. */
  readonly writes?: boolean;
  /** It moves money or opens an account: it takes --memo, --reference, --value-date and --key. */
  readonly annotated?: boolean;
  readonly options?: readonly (readonly [flags: string, meaning: string])[];
  /** Two command lines that work as they stand; the tests run them. */
  readonly examples: readonly [string, string];
  readonly load: () => Promise<{ readonly run: Command }>;
}

export const COMMANDS: readonly CommandFacts[] = [
  {
    usage: 'init',
    summary: 'make a bank in the directory, which must be absent or empty',
    group: 'Everyday',
    writes: true,
    options: [
      ['--currency <code>', 'currency of accounts that name none (default: USD)'],
      ['--shared', "for the directory's Unix group: folders 2770, files 0660"],
      ['--force', 'also on a file system that is remote or unknown'],
    ],
    examples: ['drovebank init', 'drovebank init --dir ./data/euros --currency EUR'],
    load: () => import('./commands/init.js'),
  },
  {
    usage: 'open <first> <last>',
    summary: 'open an account',
    group: 'Everyday',
    writes: true,
    annotated: true,
    options: [
      ['--id <id>', 'an id of your choice; the bank gives one with a check digit otherwise'],
      ['--currency <code>', "the account's currency (default: the bank's)"],
      ['--overdraft-limit <amount>', 'how far below zero it may go (default: 0)'],
    ],
    examples: [
      'drovebank open Ada Lovelace',
      'drovebank open Grace Hopper --id grace --overdraft-limit 50.00',
    ],
    load: () => import('./commands/open.js'),
  },
  {
    usage: 'deposit <id> <amount>',
    summary: 'pay money in',
    group: 'Everyday',
    writes: true,
    annotated: true,
    examples: [
      'drovebank deposit a10017 20.00',
      'drovebank deposit a10017 20.00 --memo "birthday" --key gift-1',
    ],
    load: () => import('./commands/deposit.js'),
  },
  {
    usage: 'withdraw <id> <amount>',
    summary: 'take money out',
    group: 'Everyday',
    writes: true,
    annotated: true,
    examples: ['drovebank withdraw a10017 5.00', 'drovebank withdraw a10017 5.00 --dry-run'],
    load: () => import('./commands/withdraw.js'),
  },
  {
    usage: 'transfer <from> <to> <amount>',
    summary: 'move money from one account to another',
    group: 'Everyday',
    writes: true,
    annotated: true,
    examples: [
      'drovebank transfer a10017 a10025 2.50',
      'drovebank transfer a10017 a10025 2.50 --reference inv-7 --memo lunch',
    ],
    load: () => import('./commands/transfer.js'),
  },
  {
    usage: 'balance <id>',
    summary: "an account's balance",
    group: 'Look',
    examples: ['drovebank balance a10017', 'drovebank balance a10017 --plain'],
    load: () => import('./commands/balance.js'),
  },
  {
    usage: 'show <id>',
    summary: 'an account, and its last rows',
    group: 'Look',
    examples: ['drovebank show a10017', 'drovebank show a10017 --json'],
    load: () => import('./commands/show.js'),
  },
  {
    usage: 'history <id>',
    summary: "the rows of an account's passbook",
    group: 'Look',
    options: [
      ['--from <time>', 'booked from this day or time on: 2026-11-20, 2026-11-20T09:00:00Z'],
      ['--to <time>', 'booked before this day or time'],
      ['--limit <count>', 'at most so many rows'],
      ['--reverse', 'newest first'],
      ['--after <row>', 'go on behind this row number'],
    ],
    examples: [
      'drovebank history a10017 --reverse --limit 5',
      'drovebank history a10017 --from 2026-01-01 --json',
    ],
    load: () => import('./commands/history.js'),
  },
  {
    usage: 'list',
    summary: 'all accounts, or those whose id or name has a text',
    group: 'Look',
    options: [
      ['--search <text>', 'any part of id or name; several words must all be found'],
      ['--limit <count>', 'at most so many accounts'],
      ['--after <id>', 'go on behind this account'],
      ['--sort <order>', 'id or name (default: id)'],
    ],
    examples: ['drovebank list --search love', 'drovebank list --sort name --limit 20'],
    load: () => import('./commands/list.js'),
  },
  {
    usage: 'totals',
    summary: 'sums of each currency at one moment; they add up to zero',
    group: 'Look',
    examples: ['drovebank totals', 'drovebank totals --json'],
    load: () => import('./commands/totals.js'),
  },
  {
    usage: 'verify',
    summary: 'check journal and passbooks against each other',
    group: 'Keep',
    options: [
      ['--quick', 'look at ends, heads and open pages only; quick however long the history is'],
      ['--report <file>', 'write what was found to a file as well, as JSON'],
    ],
    examples: ['drovebank verify --quick', 'drovebank verify --report verified.json'],
    load: () => import('./commands/verify.js'),
  },
  {
    usage: 'doctor',
    summary: 'how the bank is doing: what waits to be posted, who writes, how long the disk lasts',
    about: `It books nothing, and looks at a few places only: verify looks at everything.
A line that begins with WARN is followed by what to do; the exit code is 0 all
the same. --plain and --json are for scripts.`,
    group: 'Keep',
    examples: ['drovebank doctor', 'drovebank doctor --json'],
    load: () => import('./commands/doctor.js'),
  },
  {
    usage: 'import <files...>',
    summary: 'book accounts and transactions from CSV files',
    about: `Files are told apart by their header:
  account,opened,first_name,last_name,currency,overdraft_limit
  id,date,account,direction,amount[,description,other_bank,other_account]
Other columns are ignored. Every file is checked whole before anything is booked.
Running it again books nothing twice: what is known is skipped, and a known id
with other content is refused.`,
    group: 'Keep',
    writes: true,
    examples: [
      'drovebank import accounts.csv transactions.csv',
      'drovebank import accounts.csv --dry-run',
    ],
    load: () => import('./commands/import.js'),
  },
  {
    usage: 'batch <file>',
    summary: 'run many requests from a file or - (JSON lines or CSV)',
    about: `JSON lines: {"op":"transfer","from":"a10017","to":"a10025","amount":"2.50","key":"k-1"}
  op is deposit (id), withdraw (id), transfer (from, to) or open (firstName,
  lastName, id, currency, overdraftLimit); all take memo, reference, valueDate, key.
CSV: a header with op,from,to,id,amount,memo,reference,value_date,key, in any order.
Each line is answered by one line, in order; a refusal does not stop the rest.
A line with a key is safe to run again; a line without one is booked each time.
It stops when nobody reads the answers any more, and says how far it came.
Exit code: 0, or 5 if a line was refused, or 2 if a line makes no sense.`,
    group: 'Run',
    writes: true,
    examples: ['drovebank batch payments.jsonl', 'drovebank batch - --json < payments.csv'],
    load: () => import('./commands/batch.js'),
  },
  {
    usage: 'demo',
    summary: 'a bank of 1,201 accounts in a throw-away folder, from real data',
    group: 'Run',
    examples: ['drovebank demo', 'drovebank demo --no-input'],
    load: () => import('./commands/demo.js'),
  },
];
