#!/bin/sh
# Dumps the catalog before its own backup.
set -eu
umask 077
export PATH=/usr/bin:/bin
mysqldump --defaults-file={{.Login}} --single-transaction --no-tablespaces{{.Options}} bacula > {{.Work}}/catalog.sql
