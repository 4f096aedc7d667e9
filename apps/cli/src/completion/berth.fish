# Completes `berth` in fish: asks it for the words that may come next, one a line with what it is after a tab.
function __berth_complete
    set -l words (commandline -opc) (commandline -ct)
    for line in (berth __complete $words[2..] 2>/dev/null)
        if test "$line" = ":files"
            __fish_complete_path (commandline -ct)
        else
            echo $line
        end
    end
end
complete -c berth -f -a '(__berth_complete)'
