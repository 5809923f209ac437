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
  /** It asks, or shows what comes: nobody need be told that it goes on. */
  readonly asks?: boolean;
  /** It books an entry: it takes --memo, --reference, --value-date, --metadata and --key. */
  readonly annotated?: boolean;
  readonly options?: readonly (readonly [flags: string, meaning: string])[];
  /** Two command lines that work as they stand; the tests run them. */
  readonly examples: readonly [string, string];
  readonly load: () => Promise<{ readonly run: Command }>;
}

const UP_TO = ['--up-to', 'move what is available, where that is less'] as const;

const RUN = [
  ['--account <id>', "the bank's own side: an account of the same currency (default: outside)"],
  ['--currency <code>', "accounts of this currency (default: the bank's)"],
  ['--name <text>', 'names the run, so that two for one period are told apart'],
  ['--memo <text>', 'what the rows say'],
  ['--list', 'a line for each account; without it for those that are refused'],
] as const;

const FILTERS = [
  ['--search <text>', 'any part of memo, reference, key or metadata; all words must be found'],
  ['--reference <text>', 'exactly this reference'],
  ['--type <type>', 'deposit, withdraw, transfer, hold, capture, reverse, ...'],
  ['--with <id>', 'with this other account'],
  ['--min <amount>', 'at least so much was moved'],
  ['--max <amount>', 'at most so much was moved'],
] as const;
const AT = [
  '--at <when>',
  'as of a time (2026-11-20T09:00:00Z), or behind a transfer (42)',
] as const;

/** The word that a command is called by. */
export const nameOf = ({ usage }: CommandFacts): string => usage.split(' ', 1)[0] ?? '';

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
    options: [UP_TO],
    examples: ['drovebank withdraw a10017 5.00', 'drovebank withdraw a10017 5.00 --dry-run'],
    load: () => import('./commands/withdraw.js'),
  },
  {
    usage: 'transfer <from> <to> <amount>',
    summary: 'move money from one account to another',
    group: 'Everyday',
    writes: true,
    annotated: true,
    options: [UP_TO],
    examples: [
      'drovebank transfer a10017 a10025 2.50',
      'drovebank transfer a10017 a10025 2.50 --reference inv-7 --memo lunch',
    ],
    load: () => import('./commands/transfer.js'),
  },
  {
    usage: 'hold <id> <amount>',
    summary: 'set money aside: it is no longer available, and still there',
    about: `It answers with the hold's id (a10017.42), which capture and release take.
A hold counts against the account's limits on the day on which it is placed.`,
    group: 'Everyday',
    writes: true,
    annotated: true,
    options: [['--ttl <span>', 'it ends by itself after 90s, 15m, 36h, 7d (default: never)']],
    examples: ['drovebank hold a10017 5.00', 'drovebank hold a10017 5.00 --ttl 7d --memo hotel'],
    load: () => import('./commands/hold.js'),
  },
  {
    usage: 'capture <hold>',
    summary: 'move what was set aside, or a part of it',
    group: 'Everyday',
    writes: true,
    annotated: true,
    options: [
      ['--amount <amount>', 'so much of it (default: all that is left)'],
      ['--to <id>', 'to this account (default: out of the bank)'],
      ['--keep-rest', 'what is left stays held for another capture (default: it is released)'],
    ],
    examples: [
      'drovebank capture a10017.6 --dry-run',
      'drovebank capture a10017.6 --amount 1.50 --to a10025 --keep-rest',
    ],
    load: () => import('./commands/capture.js'),
  },
  {
    usage: 'release <hold>',
    summary: 'give back what was set aside',
    group: 'Everyday',
    writes: true,
    annotated: true,
    examples: [
      'drovebank release a10017.6 --dry-run',
      'drovebank release a10017.6 --memo "no show"',
    ],
    load: () => import('./commands/release.js'),
  },
  {
    usage: 'reverse <transfer>',
    summary: 'take a transfer back by another one, linked to it',
    group: 'Everyday',
    writes: true,
    annotated: true,
    options: [['--force', 'also where the account that gives back has not enough']],
    examples: ['drovebank reverse 4 --dry-run', 'drovebank reverse 4 --force --memo "paid twice"'],
    load: () => import('./commands/reverse.js'),
  },
  {
    usage: 'freeze <id>',
    summary: 'stop an account from giving',
    group: 'Everyday',
    writes: true,
    annotated: true,
    options: [['--all', 'it receives nothing either']],
    examples: ['drovebank freeze a10017', 'drovebank freeze a10017 --all --memo "card lost"'],
    load: () => import('./commands/freeze.js'),
  },
  {
    usage: 'unfreeze <id>',
    summary: 'let an account give and receive again',
    group: 'Everyday',
    writes: true,
    annotated: true,
    examples: ['drovebank unfreeze a10017', 'drovebank unfreeze a10017 --memo "card found"'],
    load: () => import('./commands/unfreeze.js'),
  },
  {
    usage: 'close <id>',
    summary: 'close an account at zero, or sweep what it has to another one',
    group: 'Everyday',
    writes: true,
    annotated: true,
    options: [['--sweep-to <id>', 'the account that gets what is left']],
    examples: [
      'drovebank close a10017 --sweep-to a10025 --dry-run',
      'drovebank close a10025 --sweep-to a10017',
    ],
    load: () => import('./commands/close.js'),
  },
  {
    usage: 'reopen <id>',
    summary: 'open a closed account again',
    group: 'Everyday',
    writes: true,
    annotated: true,
    examples: ['drovebank reopen a10025', 'drovebank reopen a10025 --memo "back again"'],
    load: () => import('./commands/reopen.js'),
  },
  {
    usage: 'rename <id> <first> <last>',
    summary: 'give an account another name',
    group: 'Everyday',
    writes: true,
    annotated: true,
    examples: ['drovebank rename a10017 Ada King', 'drovebank rename a10017 Ada King --dry-run'],
    load: () => import('./commands/rename.js'),
  },
  {
    usage: 'limit <id>',
    summary: 'what an account may owe, and what may leave it at once and in a day',
    about: 'A limit that is not named stays as it is. A day begins at midnight, UTC.',
    group: 'Everyday',
    writes: true,
    annotated: true,
    options: [
      ['--overdraft-limit <amount>', 'how far below zero it may go'],
      ['--transfer <amount>', 'how much may leave it at once, or none'],
      ['--day <amount>', 'how much may leave it in one day, or none'],
    ],
    examples: [
      'drovebank limit a10017 --overdraft-limit 50.00',
      'drovebank limit a10017 --transfer 100.00 --day none',
    ],
    load: () => import('./commands/limit.js'),
  },
  {
    usage: 'pin <id>',
    summary: 'give an account a PIN for the ATM, or another one',
    about: `Asked for without showing it; never an argument, which everybody could see.
It ends a lock by wrong PINs. It lies hashed, apart from the passbooks.`,
    asks: true,
    group: 'Everyday',
    writes: true,
    options: [
      ['--pin-stdin', 'read it from standard input'],
      ['--pin-file <file>', 'read it from the first line of a file'],
    ],
    examples: [
      'drovebank pin a10017 --pin-file pin.txt',
      'drovebank pin a10017 --pin-stdin < pin.txt',
    ],
    load: () => import('./commands/pin.js'),
  },
  {
    usage: 'exchange <from> <to> <amount>',
    summary: 'move money into an account of another currency',
    about: `Two linked movements: the amount leaves the bank in one currency, and comes
in as the other; both are booked, or none. What comes in is rounded half to
even. Both rows keep the rate; neither is reversed alone but by force.`,
    group: 'Everyday',
    writes: true,
    annotated: true,
    options: [['--rate <rate>', 'how many units of the other currency one unit costs']],
    examples: [
      'drovebank exchange a10017 euros 10.00 --rate 0.9215 --dry-run',
      'drovebank exchange a10017 euros 10.00 --rate 0.9215 --memo holiday',
    ],
    load: () => import('./commands/exchange.js'),
  },
  {
    usage: 'order <from> <to> <amount>',
    summary: 'give a standing order: the same again and again',
    about: `--every day, "2 weeks on friday", "month on the 31st", "month on the last",
year. A day that a month does not have is its last one. What is due is booked
by run-due, which a timer of yours should run every day.`,
    group: 'Everyday',
    writes: true,
    options: [
      ['--every <when>', 'when it is due'],
      ['--start <day>', 'the first day on which it may be (default: today, UTC)'],
      ['--end <day>', 'the last one'],
      ['--memo <text>', 'what the rows say'],
      ['--reference <text>', 'an invoice or order number'],
      ['--metadata <json>', 'a small object that is kept with the order'],
      ['--key <key>', 'the same key and order again give it once'],
    ],
    examples: [
      'drovebank order a10017 a10025 1.00 --every "month on the 31st" --memo rent',
      'drovebank order a10017 a10025 1.00 --every "2 weeks" --end 2030-12-31',
    ],
    load: () => import('./commands/order.js'),
  },
  {
    usage: 'orders',
    summary: 'the standing orders, and when each is due next',
    group: 'Look',
    options: [['--all', 'also those that were ended']],
    examples: ['drovebank orders', 'drovebank orders --all --json'],
    load: () => import('./commands/orders.js'),
  },
  {
    usage: 'end-order <order>',
    summary: 'end a standing order: it is due no more',
    group: 'Everyday',
    writes: true,
    examples: ['drovebank end-order 1 --dry-run', 'drovebank end-order 1'],
    load: () => import('./commands/end-order.js'),
  },
  {
    usage: 'run-due',
    summary: 'book what standing orders are due',
    about: `Of today and of the 31 days before, each once, whoever runs it and however
often. What was refused is tried again for as long. Exit code 5 if something
was refused.`,
    group: 'Run',
    writes: true,
    options: [['--accept-clock', 'the clock is right, however far behind the last entry is']],
    examples: ['drovebank run-due --dry-run', 'drovebank run-due --json'],
    load: () => import('./commands/run-due.js'),
  },
  {
    usage: 'interest',
    summary: 'pay all accounts what they earned in a period',
    about: `By the balances at the end of each day (UTC), each part of a balance at its
own rate, exactly, rounded once at the end, half to even. Run the same again
after it was cut short, or as often as you like: an account is paid once for a
day and a name, and refused where a run asks for some of the same days.
Closed accounts get none. A dry run tries 2,000 accounts at a time.
Exit code 5 if an account was refused.`,
    group: 'Run',
    writes: true,
    options: [
      ['--from <day>', 'the first day that counts'],
      ['--as-of <day>', 'the day behind the last one'],
      ['--rate <percent>', 'percent a year: 1.25, or in bands 0:0.5,1000.00:1.25'],
      ['--overdraft-rate <percent>', 'percent a year of what accounts owe (default: 0)'],
      ['--day-count <rule>', 'act/365, act/360 or 30/360 (default: act/365)'],
      ...RUN,
    ],
    examples: [
      'drovebank interest --from 2020-01-01 --as-of 2020-02-01 --rate 1.25',
      'drovebank interest --from 2020-01-01 --as-of 2020-02-01 --rate 0:0.5,9.00:1',
    ],
    load: () => import('./commands/interest.js'),
  },
  {
    usage: 'fee <amount>',
    summary: 'charge all accounts a fee for a period',
    about: `Run it again after it was cut short, or when those that were refused have
money: an account pays once for a period and a name. Each run goes by the
balances when it begins. Closed accounts pay none. A dry run tries 2,000
accounts at a time. Exit code 5 if an account was refused.`,
    group: 'Run',
    writes: true,
    options: [
      ['--period <text>', 'what it is for: 2026-11'],
      ['--waive-from <amount>', 'accounts that have at least so much pay nothing'],
      ['--up-to', 'an account that has less available pays that'],
      ...RUN,
    ],
    examples: [
      'drovebank fee 0.01 --period 2026-11 --up-to --dry-run',
      'drovebank fee 0.01 --period 2026-11 --waive-from 1000.00 --up-to',
    ],
    load: () => import('./commands/fee.js'),
  },
  {
    usage: 'balance <id>',
    summary: "an account's balance, now or then",
    group: 'Look',
    options: [AT],
    examples: ['drovebank balance a10017', 'drovebank balance a10017 --at 4 --plain'],
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
      ['--chart', 'the balance at the end of each day, as bars'],
      ...FILTERS,
    ],
    examples: [
      'drovebank history a10017 --reverse --limit 5',
      'drovebank history a10017 --from 2026-01-01 --min 10 --json',
    ],
    load: () => import('./commands/history.js'),
  },
  {
    usage: 'statement <id>',
    summary: 'the rows of a period, between the balance before and the one behind',
    group: 'Look',
    options: [
      ['--from <time>', 'from this day or time on'],
      ['--to <time>', 'before this day or time'],
    ],
    examples: [
      'drovebank statement a10017',
      'drovebank statement a10017 --from 2026-11-01 --to 2026-12-01 --json',
    ],
    load: () => import('./commands/statement.js'),
  },
  {
    usage: 'watch <id>',
    summary: 'new rows of an account as they come, until Ctrl-C',
    asks: true,
    group: 'Look',
    options: [['--count <count>', 'end behind so many rows']],
    examples: [
      'timeout 1 drovebank watch a10017 || true',
      'timeout 1 drovebank watch a10017 --count 1 --json || true',
    ],
    load: () => import('./commands/watch.js'),
  },
  {
    usage: 'entries',
    summary: 'the entries of the whole bank, or those that are searched for',
    group: 'Look',
    options: [
      ['--from <time>', 'booked from this day or time on'],
      ['--to <time>', 'booked before this day or time'],
      ['--limit <count>', 'at most so many entries'],
      ['--after <transfer>', 'go on behind this transfer'],
      ...FILTERS,
    ],
    examples: [
      'drovebank entries --search deposit --limit 20',
      'drovebank entries --type transfer --with a10017 --json',
    ],
    load: () => import('./commands/entries.js'),
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
    options: [
      AT,
      ['--by <period>', 'what customers had at the end of each day, month or year, as bars'],
      ['--count <count>', 'so many periods, up to 366 (default: 12)'],
    ],
    examples: ['drovebank totals --at 2099-12-31T23:59:59Z', 'drovebank totals --by month'],
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
    usage: 'config',
    summary: 'what holds for a call, and where each setting comes from',
    group: 'Keep',
    options: [['--show-origin', 'a flag, the environment, the bank itself, or the default']],
    examples: ['drovebank config --show-origin', 'drovebank config --json'],
    load: () => import('./commands/config.js'),
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
  op is a command: deposit (id), withdraw (id), transfer (from, to), open
  (firstName, lastName, id, currency, overdraftLimit), hold (id, amount,
  ttlSeconds), capture (hold, amount, to, keepRest), release (hold), reverse
  (transfer, force), freeze (id, refuse), unfreeze, reopen (id), close (id,
  sweepTo), rename (id, firstName, lastName) or limit (id, overdraftLimit,
  transferLimit, dayLimit); all take memo, reference, valueDate, metadata, key.
CSV: a header with op,from,to,id,amount,memo,reference,value_date,key and what
  else the ops need (ttl_seconds, sweep_to, ...), in any order.
Each line is answered by one line, in order; a refusal does not stop the rest.
A line with a key is safe to run again; a line without one is booked each time.
It stops when nobody reads the answers any more, and says how far it came.
Exit code: 0, or 5 if a line was refused, or 2 if a line makes no sense.
With --atomic the first of those stops it, and no line is booked.`,
    group: 'Run',
    writes: true,
    options: [['--atomic', 'all lines or none: up to 16,384, read to the end first']],
    examples: [
      'drovebank batch payments.jsonl --atomic',
      'drovebank batch - --json < payments.csv',
    ],
    load: () => import('./commands/batch.js'),
  },
  {
    usage: 'teller',
    summary: 'enter many movements at a prompt, and book them at once',
    about: `Each by its memo: sides and amount of the last one like it are offered. Tab
completes, < goes back, . shows all of them; they are booked together or not.
--incognito offers nothing that was booked before.`,
    asks: true,
    group: 'Run',
    writes: true,
    examples: ['drovebank teller', 'drovebank teller --incognito'],
    load: () => import('./commands/teller.js'),
  },
  {
    usage: 'atm',
    summary: 'a cash machine: card, PIN, balance, deposit, withdraw, transfer',
    about: `Three wrong PINs lock a card for a time that grows; they are counted on the
disk, whichever process asks.`,
    asks: true,
    group: 'Run',
    options: [['--notes <sizes>', 'notes that it pays out (default: 10,20,50,100)']],
    examples: ['drovebank atm', 'drovebank atm --notes 20,50'],
    load: () => import('./commands/atm.js'),
  },
  {
    usage: 'complete <shell>',
    summary: 'print the script that completes commands, flags and account ids',
    about: `bash:       source <(drovebank complete bash)
zsh:        source <(drovebank complete zsh)
fish:       drovebank complete fish | source
powershell: drovebank complete powershell | Out-String | Invoke-Expression
In the shell's start-up file it lasts.`,
    group: 'Run',
    examples: ['drovebank complete bash', 'drovebank complete fish > drovebank.fish'],
    load: () => import('./commands/complete.js'),
  },
  {
    usage: 'demo',
    summary: 'a bank of 1,201 accounts in a throw-away folder, from real data',
    asks: true,
    group: 'Run',
    examples: ['drovebank demo', 'drovebank demo --no-input'],
    load: () => import('./commands/demo.js'),
  },
];
