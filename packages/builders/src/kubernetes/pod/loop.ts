/** Where the two containers of a build's pod meet, as the steps' has it. */
export const controlPath = "/berth-control";

/**
 * The program of the container that steps run in, in any image with a POSIX shell. It takes orders from a pipe (`run <number>`,
 * `end <number>`, `exit`) and answers by another (`ended <number> <exit code>`, `clean <number>`). It is the first process of its container, so that killing
 * all others ends whatever a step has left behind, in which group or session ever.
 */
export const loopScript = `
set -u
c=${controlPath}
trap 'exit 0' TERM INT
mkfifo "$c/orders" "$c/answers" "$c/out" "$c/err"
exec 3<>"$c/orders" 4<>"$c/answers"
: >"$c/ready"
while read -r order number <&3; do
  case $order in
    run)
      (
        env -i sh "$c/step" </dev/null >"$c/out" 2>"$c/err" 3<&- 4<&-
        echo "ended $number $?" >&4
      ) &
      ;;
    end)
      kill -s KILL -- -1 2>/dev/null
      wait
      echo "clean $number" >&4
      ;;
    exit) exit 0 ;;
  esac
done
`;
