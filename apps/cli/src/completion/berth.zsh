# Completes `berth` in zsh: asks it for the words that may come next, one a line with what it is after a tab.
_berth() {
  local line
  local -a shown
  for line in "${(@f)$(berth __complete "${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    if [[ "$line" == ":files" ]]; then
      _files
      return
    fi
    [[ -n "$line" ]] && shown+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}")
  done
  _describe berth shown
}
compdef _berth berth
