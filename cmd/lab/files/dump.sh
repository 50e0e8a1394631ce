#!/bin/sh
# dump CHAIN DIRECTORY: writes one line to the chain's schema, then dumps it, as a clone source would before its backup.
set -eu
umask 077
export PATH=/usr/bin:/bin
mysql --defaults-file={{.Login}} "$1" -e 'INSERT INTO heartbeat (at) VALUES (NOW(6))'
# Both clusters may take the same cell at the same time.
mysqldump --defaults-file={{.Login}} --single-transaction --skip-dump-date "$1" > "$2/../new.$$"
mv "$2/../new.$$" "$2/full.sql"
