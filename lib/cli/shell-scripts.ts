export const SHELLS = ['bash', 'zsh', 'fish', 'powershell'] as const;
export type Shell = (typeof SHELLS)[number];

/**
 * The scripts by which shells ask what may come next (completion.ts). Ours, and short: words go to the program as they
 * are, and what is typed is never evaluated. A line of an answer is a word and, behind a tab, what it means; the last
 * begins with `:`.
 */
export const SCRIPTS: Readonly<Record<Shell, string>> = {
  bash: `_drovebank() {
  local line
  COMPREPLY=()
  while IFS= read -r line; do
    [[ $line == :* ]] || COMPREPLY+=("\${line%%$'\\t'*}")
  done < <(drovebank complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o default -F _drovebank drovebank
`,
  zsh: `#compdef drovebank
_drovebank() {
  local line
  local -a found
  for line in "\${(@f)$(drovebank complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    [[ -z $line || $line == :* ]] || found+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
  done
  _describe drovebank found
}
compdef _drovebank drovebank
`,
  fish: `function __drovebank_complete
  set -l words (commandline -opc)
  drovebank complete -- $words[2..-1] (commandline -ct) 2>/dev/null | string match -v ':*'
end
complete -c drovebank -f -a '(__drovebank_complete)'
`,
  powershell: `Register-ArgumentCompleter -Native -CommandName drovebank -ScriptBlock {
  param($word, $ast, $position)
  $words = @($ast.CommandElements | Select-Object -Skip 1 | ForEach-Object { "$_" })
  if ($word -eq '') { $words += '' }
  drovebank complete -- @words 2>$null | Where-Object { $_ -notlike ':*' } | ForEach-Object {
    $value, $about = $_ -split "\`t", 2
    if (-not $about) { $about = $value }
    [System.Management.Automation.CompletionResult]::new($value, $value, 'ParameterValue', $about)
  }
}
`,
};
