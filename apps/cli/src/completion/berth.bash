# Completes `berth` in bash: asks it for the words that may come next, one a line with what it is after a tab.
_berth() {
  local IFS=$'\n' line
  COMPREPLY=()
  for line in $(berth __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null); do
    if [ "$line" = ":files" ]; then
      COMPREPLY=($(compgen -f -- "${COMP_WORDS[COMP_CWORD]}"))
      compopt -o filenames 2>/dev/null
      return
    fi
    COMPREPLY+=("${line%%$'\t'*}")
  done
}
complete -F _berth berth
