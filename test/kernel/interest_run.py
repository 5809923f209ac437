"""
What an interest run should have paid, by the passbooks alone and nothing of ours: a page is CSV, the rows of a day
are followed to its end, and fractions are exact. Prints one line for each account that is not as it should be, and
at last how many accounts there were and how many were paid.

  python3 interest_run.py <bank> <from> <as of> <key of the run>
"""
import csv, datetime, fractions, glob, os, sys

bank, first, as_of, name = sys.argv[1:]
BANDS = [(0, '0.75'), (100000, '1.3'), (500000, '2.125')]
OVERDRAFT = '14.9'


def date(text):
    return datetime.date.fromisoformat(text)


def cents(text):
    return int(text.replace('.', '')) if text else 0


def earned_in_a_year(balance):
    if balance < 0:
        return balance * fractions.Fraction(OVERDRAFT) / 100
    tops = [above for above, _ in BANDS[1:]] + [balance]
    return sum(
        max(0, min(balance, top) - above) * fractions.Fraction(rate) / 100
        for (above, rate), top in zip(BANDS, tops)
    )


def expected(rows):
    """Day after day: the balance at its end earns a 365th part of what it would earn in a year."""
    ends = {}
    for row in rows:
        ends[row['booked_at'][:10]] = cents(row['balance'])
    before = [day for day in ends if day < first]
    balance = ends[max(before)] if before else 0
    total = fractions.Fraction(0)
    day = date(first)
    while day < date(as_of):
        balance = ends.get(day.isoformat(), balance)
        total += earned_in_a_year(balance) / 365
        day += datetime.timedelta(days=1)
    return round(total)  # Of two that are as near, the even one.


def pages(account_folder_pattern):
    """All rows of each account: sealed pages first, then the open one."""
    books = {}
    for path in glob.glob(account_folder_pattern):
        with open(path, newline='') as page:
            text = page.read()
        assert text.endswith('.\n'), path
        rows = list(csv.DictReader(text[:-2].splitlines()))
        books.setdefault(rows[0]['account'], []).extend(rows)
    return books


accounts = paid = 0
for outer in sorted(os.listdir(os.path.join(bank, 'accounts'))):
    for account, rows in pages(os.path.join(bank, 'accounts', outer, '*', '*.csv')).items():
        if account.startswith('world'):
            continue
        accounts += 1
        rows.sort(key=lambda row: int(row['seq']))
        wanted = expected([row for row in rows if row['booked_at'][:10] < as_of])
        got = [row for row in rows if row['key'] == f'{name}/{first}/{as_of}/{account}']
        moved = sum(cents(row['in']) - cents(row['out']) for row in got)
        if len(got) != (1 if wanted else 0) or moved != wanted:
            print(f'{account}: {wanted} cents wanted, {len(got)} rows with {moved}')
        paid += len(got)
print(accounts, paid)
