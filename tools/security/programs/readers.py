"""Programs that only read, with the options that are known to: any other option asks."""

from collections.abc import Iterator, Mapping

from tools.security.finding import Finding
from tools.security.invocation import Invocation, Judge
from tools.security.paths import reading_below
from tools.security.tables import takes
from tools.security.words import plain

_NOTHING = r"(?!)"
_TABLES: Mapping[str, str] = {
    # files and their names
    "ls dir vdir": "-aAbBcCdDfFgGhHiIklLmnNopqQrRsStTuUvwxXZ1I= -w= -T= --all --almost-all --color? --human-readable --si --time=? --time-style= --sort= --full-time --group-directories-first --recursive --reverse --size --inode --directory --format= --classify? --file-type --indicator-style= --dereference --numeric-uid-gid --block-size= --ignore= --hide= --quoting-style= --context --author --escape --literal --hyperlink? --zero --kibibytes --width=",
    "stat": "-LfcntZ -c= --format= --printf= --dereference --file-system --terse --cached=",
    "df": "-ahHiklPTvx -B= -t= -x= --all --human-readable --si --inodes --local --portability --print-type --output? --total --type= --exclude-type= --block-size= --sync --no-sync",
    "du": "-0abcDhHklLmPsSx -B= -d= -t= --all --apparent-size --bytes --total --dereference --max-depth= --human-readable --inodes --one-file-system --summarize --separate-dirs --time? --time-style= --exclude= --block-size= --threshold= --null --si --count-links",
    "basename": "-az -s= --multiple --suffix= --zero",
    "dirname": "-z --zero",
    "readlink": "-femnqsvz --canonicalize --canonicalize-existing --canonicalize-missing --no-newline --zero",
    "realpath": "-emLPqsz --relative-to= --relative-base= --canonicalize-existing --canonicalize-missing --strip --no-symlinks --zero",
    "namei": "-xmolnv --long --modes --owners",
    "getfacl": "-acdeEsRLPtpn --access --default --omit-header --recursive --numeric --absolute-names --skip-base --all-effective",
    "lsattr": "-RVadlpv",
    "mountpoint": "-qdx --quiet --nofollow --fs-devno --devno",
    "tree": "-adfilpsughDFqNQrtUvcCnxJXSA -L= -P= -I= --noreport --dirsfirst --du --si --prune --filelimit= --charset= --gitignore --matchdirs --filesfirst --inodes --device --timefmt= --sort= --ignore-case",
    "locate mlocate plocate": "-AbciLnNprw0 -l= -r= --all --basename --count --ignore-case --limit= --regex --regexp= --existing --null",
    "findmnt": "-aAbcCdDefhiIJklLmnPrRsSuUvVxyz -d= -N= -o= -O= -S= -t= -T= -M= --all --bytes --df --json --list --noheadings --output= --output-all --pairs --raw --real --pseudo --source= --target= --types= --options= --submounts --uniq --verify --fstab --kernel --mtab --evaluate --first-only --notruncate --nofsroot --mountpoint= --tree",
    "which whereis": "-abmsufSBMl --all --skip-alias --skip-functions",
    "sha1sum sha224sum sha256sum sha384sum sha512sum md5sum b2sum cksum sum": "-bctwzrs -l= --check --binary --text --quiet --status --strict --warn --ignore-missing --tag --zero --length= --algorithm= -a=",
    # numbers, texts, dates
    "seq": "-w -f= -s= --equal-width --format= --separator=",
    "factor expr arch tty logname": "--all --ignore= --exponents -s",
    "cal ncal": "-13yjmswhbCN -A= -B= -m= -d= -H= -n=",
    "numfmt": "-zd= --from= --to= --suffix= --padding= --field= --format= --grouping --header? --round= --delimiter= --from-unit= --to-unit= --invalid=",
    "getconf": "-a -v=",
    "locale": "-akcm --all-locales --charmaps --keyword-name",
    "sleep pwd": "-LP",
    "units errno ascii": "-lstv",
    # the host
    "uptime": "-psr --pretty --since --raw",
    "free": "-bkmgthlwvLs --bytes --kibi --mebi --gibi --tebi --human --total --wide --lohi --si --line -s= -c= --seconds= --count=",
    "vmstat": "-afmnsdtwDyS -S= -p= --active --stats --disk --wide --timestamp --slabs --one-header --unit= --disk-sum",
    "iostat": "-cdhkmNptVxyzso -g= -j= -o= -p= --human --pretty --dec=",
    "mpstat": "-ATnuV -I= -N= -P= -o= --dec=",
    "pidstat": "-dDHhIlRrstUuvw -C= -G= -p= -T= -U= --human",
    "sar": "-AbBdDFHhpqrRSuvVwWyzmnx -I= -j= -m= -n= -P= -s= -e= -i= -q= -r= -u= -F= -v --human --pretty --dev= --iface= --dec=",
    "uname": "-asnrvmpio --all --kernel-name --nodename --kernel-release --kernel-version --machine --processor --hardware-platform --operating-system",
    "lscpu": "-abceJpxyBCr -C? -e? -p? --all --online --offline --extended? --parse? --json --caches? --bytes --hex --physical --output-all",
    "lsmem": "-abJnPrSv -o= --all --bytes --json --noheadings --output= --output-all --pairs --raw --split= --summary?",
    "lsblk": "-abdDfiJlmnOpPrsStTxyzAN -e= -I= -o= -x= -w= -M= -E= --all --bytes --nodeps --discard --fs --json --list --perms --noheadings --output= --output-all --paths --pairs --raw --inverse --scsi --topology --tree? --sort= --include= --exclude= --merge --nvme --ascii",
    "lsipc": "-cegJlmnqrstu -i= -o= -y --bytes --json --list --global --noheadings --output= --creator --time",
    "lsns": "-JlnpruWT -o= -t= --json --list --noheadings --output= --output-all --type= --notruncate --persistent --raw",
    "lslocks": "-bJnrui -o= -p= --json --noheadings --output= --output-all --pid= --raw --notruncate --bytes",
    "lslogins": "-acefGLmnNpPrsuZz -g= -l= -o= --acc-expiration --failed --last --output= --supp-groups --user-accs --system-accs --noheadings --logins= --pwd --colon-separate --export --json --shell",
    "lsmod acpi tload runlevel x86info getenforce apparmor_status lscgroup lvmdiskscan lsscsi pg_lsclusters iptstate": "-abdgilpsSvVt -H --long",
    "lspci": "-bDknmtvx -d= -s= -vv -vvv -nn -mm",
    "lsusb": "-tv -d= -s= --verbose --tree",
    "lshw": "-short -businfo -quiet -numeric -class= -C= -c=",
    "dmidecode": "-qsu -s= -t= -H= --type= --string= --quiet --no-sysfs --oem-string= --handle=",
    "systemd-detect-virt": "-cvrq --container --vm --chroot --private-users --list",
    "systemd-cgls": "-alkux --all --full --no-pager --unit= --user-unit=",
    "systemd-cgtop": "-bcpmitrPk -n= -d= -1 --batch --iterations= --delay= --depth= --order= --raw --cpu? --recursive=",
    "systemd-path": "--suffix= --no-pager",
    "pgrep": "-acfilLnovwx -d= -g= -G= -P= -s= -t= -u= -U= -r= --list-name --list-full --full --count --newest --oldest --exact --euid= --uid= --parent= --delimiter= --ignore-case --inverse --terminal= --group=",
    "pidof": "-cnqsxzw -o= -S= -d=",
    "pstree": "-acghlnpstuUGATZS -H= -N= -C= --arguments --show-pids --numeric-sort --show-parents --long --ascii --unicode",
    "pmap": "-xXdqpn -A= --extended --device --quiet --show-path",
    "fuser": "-amnsuvMVIcf4 6 -n= --all --mount --user --verbose --silent --namespace=",
    "w who whoami id groups users": "-abdfHilmpqrsTtuwznGghoc --all --boot --count --heading --login --users --user --group --groups --name --real --zero --context --short --ip-addr --no-header --lookup --process --runlevel --time --mesg",
    "last lastb": "-aadFiRwxN -n= -p= -s= -t= -0123456789 --dns --fullnames --fulltimes --hostlast --ip --limit= --nohostname --present= --since= --until= --time-format= --system",
    "mailq atq": "-v -q=",
    "getcap": "-rnv",
    "getsebool": "-a",
    "sestatus": "-bv",
    "aa-status": "--json --pretty-json --verbose --enabled --profiled --enforced --complaining --show= --count",
    "ipcs": "-aqsmctplu -i= --all --queues --shmems --semaphores --creator --limits --pid --time --summary --human --bytes",
    "slabtop": "-o -d= -s= --once --sort= --delay=",
    "numastat": "-cmnsvz -p=",
    "smem": "-acfHhkmnpPrstTuwW -P= -U= -M= -c= -s= -R= -K= -S=",
    "sensors": "-AufjvB -u -j --no-adapter --fahrenheit --json",
    "upower": "-dei --enumerate --dump --show-info=",
    "zramctl": "-bnr -o= --bytes --noheadings --output= --output-all --raw",
    "modinfo": "-F= -0adlnp --field= --author --description --license --parameters --filename --null",
    "quota repquota": "-aFgGilmnpPqQsuvwAcCtT -u= -g= --human-readable? --verbose --show-mntpoint --all-nfs",
    "netstat": "-aAcegilMnNoOprstuvWxZ46Sw -A= --tcp --udp --listening --numeric --programs --all --route --statistics --interfaces --extend --wide --timers --numeric-ports --numeric-hosts --unix --raw --inet --inet6",
    "nstat ifstat": "-ahjnpsxzt -d= --ignore --json --noupdate --pretty --zeros --nooutput --errors",
    "vnstat": "-hdmywt5s -i= --oneline? --json? --xml? --short --style= --days? --hours? --months? --years? --top? --iface= --fiveminutes? --iflist? -b= -e= --begin= --end=",
    "rpcinfo": "-pmsl --short",
    "showmount": "-ade --all --directories --exports --no-headers",
    "nproc": "--all --ignore=",
    "pg_isready": "-qtd -p= -h= -U= -d= -t= --host= --port= --username= --dbname= --timeout= --quiet",
    "pg_controldata": "-D= --pgdata=",
    "xfs_info": "-t",
    "dumpe2fs": "-bfghx",
    "hash": "-rlt",
    "type": "-aftpP",
    "ulimit": "-SHabcdefiklmnpqrstuvxPRT",
    "umask": "-Sp",
    "wait jobs times dirs caller help": "-lnprsdm -f",
    "compgen": "-abcdefgjkuvs -A=",
}
_CONTENTS: Mapping[str, str] = {
    "diff": "-abBcdeEilnNpPqrsStTuUwWyZ -C= -F= -I= -L= -S= -U= -W= -x= -X= -D= --brief --report-identical-files --unified? --context? --color? --side-by-side --recursive --ignore-all-space --ignore-space-change --ignore-blank-lines --ignore-case --label= --width= --exclude= --suppress-common-lines --minimal --new-file --text --strip-trailing-cr --no-dereference --ignore-matching-lines= --show-c-function --expand-tabs --normal --speed-large-files --left-column --tabsize= --palette= --ed --rcs",
    "sdiff": "-abBdeEilstWwZ -I= -w= --suppress-common-lines --width= --ignore-all-space --left-column",
    "diff3": "-aAeEimTxX3 --merge --text --show-all --strip-trailing-cr -L= --label=",
    "cmp": "-bilsn -i= -n= --print-bytes --silent --quiet --verbose --bytes= --ignore-initial=",
    "colordiff": "-abBcdinNpqrstTuwyE -U= -C= --unified? --brief --recursive --side-by-side",
    "strings": "-adfnowtUeT -n= -t= -e= -T= -s= --all --bytes= --radix= --encoding= --print-file-name --data",
    "readelf": "-aCDdegHhIlnrSsTtuVvWwz -p= -x= -R= --all --headers --file-header --program-headers --section-headers --symbols --dynamic --notes --wide --version-info --arch-specific --demangle?",
    "objdump": "-aCdDfFgGhHilpPrRsStTwxz -j= -M= -b= -m= -E= --all-headers --disassemble? --demangle? --section= --file-headers --syms --full-contents --source --private-headers",
    "nm size": "-aABCDfgGlnopPrSstuUvWx -t= --demangle? --defined-only --dynamic --extern-only --undefined-only --numeric-sort --size-sort --totals --format= --radix= --print-size --reverse-sort --debug-syms",
    "file": "-bcEhiIkLlnNprsSvzZ0 -e= -F= -P= -f= --brief --mime --mime-type --mime-encoding --extension --uncompress --dereference --no-dereference --special-files --separator= --exclude= --files-from= --keep-going --raw --apple --print0 --no-pad --parameter= --no-buffer",
    "iconv": "-clst -f= -t= --from-code= --to-code= --list --silent",
    "bc": "-hilqsvw --mathlib --quiet --standard --warn",
    "jq": "-aCcefhijMnrsSRV -f= -L= --arg= --argjson= --slurpfile= --rawfile= --args --jsonargs --raw-output --compact-output --null-input --slurp --raw-input --sort-keys --exit-status --color-output --monochrome-output --tab --indent= --join-output --ascii-output --stream --seq --from-file= --unbuffered --raw-output0 --stream-errors",
    "gron": "-cjmsuv --ungron --colorize --monochrome --stream --values --json --no-sort",
    "base64 base32": "-di -w= --decode --ignore-garbage --wrap=",
    "od": "-abcdfhilosxv -A= -j= -N= -S= -t= -w? --address-radix= --skip-bytes= --read-bytes= --format= --output-duplicates --endian= --width? --strings?",
    "hexdump": "-bcCdovxL -e= -f= -n= -s= --canonical --length= --skip= --no-squeezing --format= --one-byte-octal --two-bytes-hex",
    "zcat bzcat xzcat zstdcat zdiff zcmp": "-fkLlqtVvd --force --quiet --verbose --decompress --stdout -c",
    "zless zmore": "-NSR",
    "column": "-Jextrn -c= -d -H= -i= -l= -N= -n= -o= -O= -p= -r= -R= -s= -T= -t -W= -x --table --separator= --output-separator= --columns= --json --table-columns= --table-name= --table-right= --table-hide= --table-truncate= --table-noheadings --output-width= --keep-empty-lines --table-columns-limit=",
    "rg": "-aciFHhILlNnoPpqSsUuvwxz0. -A= -B= -C= -e= -f= -g= -m= -t= -T= -r= -M= -j= -E= -d= --count --count-matches --files --files-with-matches --files-without-match --glob= --iglob= --type= --type-not= --type-list --hidden --ignore-case --smart-case --case-sensitive --invert-match --line-number --no-line-number --max-count= --max-depth= --multiline --no-filename --with-filename --no-heading --heading --no-ignore --only-matching --pcre2 --quiet --replace= --sort= --sortr= --stats --text --word-regexp --context= --after-context= --before-context= --color= --colors= --fixed-strings --regexp= --json --no-messages --null --passthru --trim --unrestricted --vimgrep --column --follow --max-filesize= --max-columns= --one-file-system --threads= --encoding= --engine= --no-config --crlf --byte-offset --line-regexp --multiline-dotall --include-zero --no-ignore-vcs --debug",
    "ag ack": "-acCGHilLnoQrsSuvwz0fg -A= -B= -C= -G= -m= --count --nocolor --nogroup --hidden --ignore= --ignore-case --files-with-matches --files-without-matches --only-matching --literal --word-regexp --invert-match --noheading --nobreak --no-numbers --depth= --max-count= --smart-case --type= --python --js --sql --conf",
    "fd fdfind": "-HIuasgFiLlp01q -t= -e= -E= -d= -S= -c= -o= -j= --hidden --no-ignore --unrestricted --case-sensitive --ignore-case --glob --fixed-strings --absolute-path --list-details --follow --full-path --max-depth= --min-depth= --exact-depth= --exclude= --type= --extension= --size= --changed-within= --changed-before= --owner= --color= --print0 --max-results= --quiet --one-file-system --base-directory=",
    "pr fold fmt expand unexpand nl cut paste join comm tr rev tac look tsort ul colrm head tail wc cat": "-aAbcdDeEfFhHijJklLmnNopPqrsStTuUvVwWxXyzZ0123456789 -d= -f= -c= -b= -n= -s= -t= -w= -v= -o= -j= -k= -1= -2= -i= -l= -h= -p= -g= -e= -a= -q --lines= --bytes= --follow? --retry --pid= --sleep-interval= --quiet --silent --verbose --zero-terminated --delimiter= --fields= --characters= --only-delimited --output-delimiter= --complement --number --number-nonblank --show-all --show-ends --show-tabs --show-nonprinting --squeeze-blank --words --chars --max-line-length --total= --width= --spaces --tabs= --initial --first= --serial --delimiters= --check-order --nocheck-order --header --ignore-case --squeeze-repeats --delete --truncate-set1 --before --regex --separator= --body-numbering= --number-format= --number-width= --starting-line-number= --uniform-spacing --split-only --goal= --prefix= --crown-margin --all --max-unchanged-stats= --debug --bignum --alternative --empty=",
}

_DATE = "-uRI? -d= -r= -I --date= --utc --universal --rfc-email --rfc-2822 --rfc-3339= --iso-8601? --reference= --debug --resolution -f= --file="


def _deep(table: str) -> Judge:
    """Searches all files in directories; for diff only with ``-r``, unless it is brief."""
    shows = takes(table, content=True)

    def judge(call: Invocation) -> Iterator[Finding]:
        yield from shows(call)
        found = call.options(table)
        differs = call.name in ("diff", "colordiff")
        if differs and (not found.has("-r", "--recursive") or found.has("-q", "--brief")):
            return
        words = found.operands if differs else found.operands[1:] or [plain(".")]
        for word in words:
            yield from reading_below(call, word)

    return judge


_DEEP = ("diff", "colordiff", "rg", "ag ack")

PROGRAMS: Mapping[str, Judge] = {
    "date": takes(_DATE, content=True, operands=r"(?s)\+.*"),  # another operand sets the clock
    "shuf": takes(
        "-ezrn= -i= --echo --zero-terminated --head-count= --input-range= --repeat", content=True
    ),
    **{names: takes(table) for names, table in _TABLES.items()},
    **{
        names: _deep(table) if names in _DEEP else takes(table, content=True)
        for names, table in _CONTENTS.items()
    },
}
