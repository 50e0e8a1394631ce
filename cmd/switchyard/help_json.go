package main

import (
	"fmt"

	"github.com/spf13/cobra"
)

// jsonTopic is the page that says what the verbs that look print as JSON.
func jsonTopic() *cobra.Command {
	return &cobra.Command{
		Use:   "json",
		Short: "what --json prints: every field, its unit and when it is absent",
		Long:  fmt.Sprintf(jsonPage, jsonVersion, briefJobs, briefJobs, briefJobs, briefActions, briefSays),
	}
}

const jsonPage = `Status, rds, points, cards, test-restores, evidence, observe and the verbs of routes print one object. Its "version" is
%d: it is raised when a field goes or means something else; fields that are added raise nothing.

Everywhere: moments are RFC 3339 in UTC. A name that ends in _ns is a time in nanoseconds, in _bytes or named bytes a size in bytes, in _s
a second. A field that is absent is not known or does not apply. What answers a question is "yes", "no" or "unknown"; what judges a
sentence, as a check's verdict does, is "holds", "fails" or "unknown". Unknown is never good. Texts are for people and change; names, words
and numbers do not.

What status prints:

    version, full       of this page; whether --full was given
    complete            every source answered or failed. When false, waiting_for names those that did not, and the exit status is 2
    waiting_for         the sources that did neither within --wait
    at                  the moment that all of it is of
    environment         as configured; rehearsal is there when it is none, with the scenario
    rev                 raised with every change of what is known, within one process
    cell_counts         how many cells are ok, warned, diverged, broken, gap, unknown
    alerts              what needs somebody, first things first: id (the same while it lasts), severity (FAIL, warn, info: the last needs
                        nobody), says, do (what to do now), since, reach (how many cells it is about), and what it is about: cluster, cell,
                        job, jobs (the first %d), source, action, programme; acknowledged: who lets it be (by, at, until, reason, session;
                        and how it was then: id, severity, reach)
    clusters            blue, then green (below)
    cells               every cell of the inventory (below)
    rds                 the RDS pair (below); absent when none is configured
    journal             environment, rehearsal, journal (its id), head (seq, hash and at of the newest record), routes_seq, actions (as
                        switchyard actions --json prints them), acknowledged_alerts, programmes (with --full; switchyard programme --json)
                        and waived_gates; evidence_count, evidence (with --full; below); break_glass (its evidence with --full) and closed
                        tell of a journal that was kept apart
    orphans             ids of actions that run by the journal's word and whose runner is gone
    restore_cards       how old the restore cards are: at, dir, chains, missing (chains without one), oldest_chain, oldest_made; absent:
                        nobody says where they are kept
    recovery_bundle     how old the recovery bundle says that it is: at, file, made, why (there is none); absent: nobody says where it is
                        kept
    sources             one for each thing that is asked: source, at (its last good answer; absent: never), tried, since (when its trouble
                        began), why (the trouble), every_ns, took_ns, detail

A cell:

    cell                chain, region, kind (regular or immutable)
    tier                as in the inventory; format too, with --full: what its backups hold
    health              ok, warned (within its promise, and something is wrong), diverged (blue and green do not agree), broken (no good
                        backup within its promise), gap (no Director has a job for it), unknown
    says                the reason in a sentence
    blue, green         how it stands there:
      routed            does the active Director have its job, and start it
      switched_off      it has the job, and does not start it
      last_good_at      when the newest good backup ended
      newest            what the newest try came to, when it is not that good one or ended with warnings: warned, failed, canceled, lost,
                        or why it does not count as one: empty and the like
      running           a backup of it runs now
      missed_24h        due times of 24 hours at which none ran; absent: 0
      next_due          when the next is due

A cluster:

    cluster             blue or green
    directors           the active one first: name, address, active (as configured), works (a passive one runs jobs), acts (it
                        schedules, as far as it shows; of two that may schedule neither), version, pid, started, reloaded, at,
                        clock_ahead_ns, catalog (the address, port and database that it uses)
    catalog             host, read_only, server, version (Bacula's of the catalog), missing (columns), jobs (held), from (how far back), at,
                        clock_ahead_ns, database, identity, others (hosts that are not read, and why), flaws (rows that cannot be
                        read whole), used_by_director (an answer) and used_says (what says so)
    acting_says         why it is not the one that is configured as active, alone, that schedules; absent: it is
    reaches_catalog     whether the Director that schedules does (an answer): unknown until both were read after what the other told
    catalog_lost        why the Director that schedules, which answers, is held to have lost its catalog; absent: nothing says so
    open, open_count    jobs that run, then those stuck, then those waiting: the first %d, and how many there are (absent: nobody told)
    open_more           rows that the catalog calls open besides those, and that are too many to list
    recent_not_ok       jobs that ended other than ok, or are no good ones, within 24 hours, the newest %d, and recent_not_ok_count, how
                        many there are (absent: the catalog was not read)
    last_24h, last_7d   backups and restores: ok, warned, failed (those that are no good ones and those that Bacula itself canceled, too),
                        canceled, lost, missed; by: the same for each region and kind
    strays              job names that map to no cell: name, mimics, type, jobs, last, last_outcome; and strays_count

A job:

    key                 cluster and job: Bacula's unique name, the identity. jobid is reissued after a failover
    jobid, name, mimics (the job of a cell that the name only looks like), cell, has_cell, type, level, client, storage, files, bytes,
    errors
    status, outcome     Bacula's letter; waiting, running, stuck, ok, warned, failed, canceled, lost,
                        or why it does not count as one: empty and the like
    scheduled, start, end
    doubt               why one that Bacula calls ok or warned is no good one, by its cell's history: empty, on no volume of its catalog and
                        the like; absent: nothing speaks against it
    note                why it failed or waits, in the log's words
    progress            at, bytes, files, bytes_per_s, percent and left_ns (-1: not known), volume, device, why
    volumes_protected   of an immutable backup: an answer

The RDS pair, in status and in rds:

    primary, replica    id, aws_region, and readings, each with value, at (when it was read) and why (no newer one is there): aws (what AWS
                        says of the instance), key (of its storage), group (parameters), upkeep (pending maintenance), lag (CloudWatch's),
                        metrics (CloudWatch's), server (its own MySQL server's; replication is a replica's)
    two_writers         both servers take writes, in words; absent: they do not
    distance            known, missing (transactions), why, at
    switchover          both up, no loss: possible (an answer), says, loss, checks (id, says, value, limit, bar, fact, verdict, at)
    emergency           the same as if the primary's AWS region were gone now
    events              at, instance, aws_region, categories, says, severity
    parity, parity_at   what differs and should not: what, primary, replica; and when the two were compared

What gates prints:

    version, at         of this page; when it was looked
    phases              phase (its number), name, stands (ahead, open, passed), begun (by what), gates_passed, gates, waived: what only
                        warns is not counted
    gates               of every phase, or the one that was asked for (below)
    next                ids of the first gates that block phases which have begun
    loops               no_loop (a verdict), loops, more, why: as loop prints them
    undo, no_return     what going back would take now; where going back ends
    past_no_return      whether that is behind

A gate is a check (id, says, value, limit, do, bar, fact, verdict, at), and phase, source (who told), manual (a person vouches for it),
not_available (why there is nothing to check), waived (gate, why, by, at, seq), passes_at and passes_says (when it will hold), key (of the
cockpit, on the gate in pane 7) and cells (that its plan is about, or the first of them).

What loop prints: version, at, no_loop (a verdict), loops (lists of what needs the next one, and the last one the first), more, why (not
known). With --without: of, with (what cannot work without it), and numbers of cells: gone (their only good backups lie there), closed
(they can be restored from nowhere meanwhile), stopped (nobody can back them up meanwhile), waiting (nobody backs them up until one of
heirs takes over), unknown (of which that is not known; absent: 0); later (what goes on, and could not be brought back); first and
first_at: the first promise that breaks.

What report prints:

    version, at, environment
    from, unknown_why   since when late cells are known; absent: nobody knows, and why. The exit status is 2 then
    backups_24h         of each cluster, region and kind: due, good, missed; unread: the catalog was not read, and the numbers say nothing
    budget              the whole first, then by route (who takes the cells now), region and kind: cells, late_hours (cell-hours past the
                        promise since from), allowed_hours (of 30 days), left (a share, below 0 where it is overspent), burn_1h_6h (times
                        the rate that just uses it up), fast (so fast that somebody must look)
    past, soon          cells past their promise, and those that will be within 12 hours before a backup of them is due: cell, at
    hang, blind         how many more would be if their next backup went wrong; of how many nobody can tell
    phases_and_gates    as gates prints them

What forecast prints: version, at, cells_left (that blue still takes; absent: not known), settled_by_day (of those of the last 14 that are
known, the newest last; absent: none is), and either refused (why) or settled_p50, settled_p90 (when the last cell is settled), done_p50,
done_p90 (when the last backup that only blue has has expired), binds, buys, room (whether the storages last until then, or why nobody can
tell).

What size prints: version, at, instance, aws_region, class, replica_class, from and until (of what counts: since it has its class and takes
writes), verdict (refused, stay, down, up, or none: no class, or not the one asked for, is enough), to (the class that it should have),
says, binds (what is closest to its limit), missing (why it is refused, and what to do), measured (what, value, unit), volume and
candidates (each class and its checks: what, need, has, unit, fits, a verdict, says), cost, changes (id, aws_region, from, to, in their
order), classes and classes_dated (the file of classes, and the oldest of its sources).

What space prints, and status as space: at, pools (cluster, storage, pool, volumes by VolStatus, bytes, bytes_owed: may not be recycled
yet, bytes_reusable, bytes_per_day of the last week, in_error, overdue: may be recycled for more than a day and are not, not_enabled,
kept_for_ever), storages (cluster, storage, bytes, bytes_per_day, bytes_free; absent: nobody tells; days_left; absent: nobody can tell, or
not within 400 days; days_left_all: once it takes all that still comes to it; says), migration (cluster, storage, cells_both: taken by both
clusters, bytes_per_day_both: written of these, cells_coming: that only blue takes yet, bytes_per_day_coming, cells_left: taken by this
cluster no more, bytes_left: held of these, kept_until, cells_untold) and unread (cluster, why).

What points prints:

    version, at         of this page; when it was read
    chain, before       as asked for
    points              the newest first (below)
    more                there are older ones
    recommended         key of the point to restore, and says why it is this one; absent: no complete good point is known
    obligations         with --obligations, what only one cluster can restore: cluster, cell, points (how many), oldest and newest (when
                        they ended), until (when the last of them may be gone; absent: never) and until_why, unsure (how many of points are
                        not known to be complete, or to be only there). It tells no points then where no chain is named
    unread              catalogs that were not read: cluster, why. The exit status is 2 then, and what they hold is not known

A point, which is the end of a good backup:

    key, jobid, cell, level, start, client
    at                  when it ended
    set                 what a restore to it takes, the oldest first: jobid, job (the unique name), level, bytes, files
    bytes               of the whole set, as they went to the Storage Daemon
    volumes             of the whole set: name, status (VolStatus), disabled, media_type, storage (the resource that wrote it), until (from
                        when on it may be recycled; absent: never, or not told)
    pruned              JobIds of the set whose file records are gone; absent: none
    complete, why       an answer: every job of the set is a good backup, on volumes that can be read by the catalog's word, and has not
                        expired; why it is not so, or not known
    until, until_why    from when on Bacula may take away the first thing that the set needs, by the retention of a volume or of its
                        client's jobs or file records; absent: never
    restorable, restorable_why
                        an answer: the active Director of the cluster knows the client. Whether it has the Storage is not asked
    only_here, only_here_why
                        an answer: the other cluster has no complete point that is not newer, and older by no more than the cell's promise

    proven              at, verdict, by and lapsed (why it does not count any more) of the newest restore test of its cell from its Storage
                        Daemon; absent: there is none, or no journal was read

What cards prints: dir, at and cards, one for each chain: chain, file, points (bootstraps beside it), lacks (what it should have and has
not), kept (true: nothing could be read for it, and the old card stays).

What bundle prints: file, bytes, recipients, cards, directors (whose configuration is in it), routes_seq, unread (what could not be read)
and lacks (what a chain has no backup of), a sentence each.

What recover prints: environment, bundle_made, bundle_age_s, bundle_lacks, routes (whether they have changed since), unread (catalogs that
were not read: cluster, why), storages (cluster, storage, address, answers and lets_director_in, each an answer, why), storage_daemons and
storage_daemons_that_answer (one that serves both clusters counts once), chains in the order of a recovery (chain, tier, comes_back, an
answer: no is lost; point, the newest that can be read, as of points, with by_card: its catalog was not read; lost_s since then, about_s of
its restore, newer: why a newer one is not taken, why, first: others wait for it), chains_that_come_back, chains_lost, chains_unknown,
at_once, tiers_back_in_s and all_back_in_s.

What test-restores prints: picks (cluster, kind, region, storage, cell, tier, takes_ns, proven_at; absent: never), cells and groups that
could be tested, unmet_groups (never proven), capacity_ns of one run, every_ns, groups_proven_by and cells_proven_by at that pace, window,
shut (why nothing is tested now), unread (catalogs whose cells are not counted: cluster, why; the exit status is 2 then, unless --apply was
given), and with --apply tested: cell, cluster, action, verdict (holds, fails or "not carried out"), why, proof (as of evidence), and left
when something may be left.

What restore prints: plan and, with --apply, action. Of what the steps of an action found, restoring is what its restore was started for
(cluster, point, client, where, bytes), and restored what it left, verified: client, where, files, bytes, format (absent: the inventory
does not say), and of how many backups it was made (parts).

Evidence, in evidence and in the journal of status --full: the newest proof of each claim about each thing:

    of                  cluster, cell, storage, instances (id, aws_region, resource_id); and what it is bound to: jobs (jobid, job),
                        volumes, fileset (its hash), format, command_sha256
    claim               one of restored (files, bytes, took_ns, loaded, tables, rows), settings (of an RDS instance), parity (differences),
                        series (days of hours that were looked in: bit h of each mark is the hour from h o'clock UTC), tail (jobs: job,
                        jobid, status, end, files, bytes, storage, volumes as far as known), said (says), files (of: director, read, sha256
                        and first, differs: how the file on disk is not what the Director has loaded)
    by                  kind: look, test, attestation or framework, with its name in framework
    verdict, why        unknown: it could not be carried out, which says nothing of what it is about
    at, until           when it was seen, and how long it counts; until is absent where only a change ends it
    who, seq            who answers for it, its record; recorded_at; carried (in a break-glass journal: seq is a record of the shared one)
    tried_since         a newer test that could not be carried out: at, who, by, why
    counts, counts_says in evidence only: does it still count, an answer, and why or until when

What observe prints: version, at, recorded (proofs as above, without who and seq) and not_seen (sentences: nothing was recorded of these).

What routes show and routes check print:

    from                where the document is from: file, or command (that printed it), or record (of the journal) with at and by
    document            the document in its canonical form
    extended            the clusters and regions that only extensions say; absent: the document is plain
    says                what stands in it and takes nobody
    cell_counts         how many cells are blue's, both's, green's, and nobody's (none)
    groups              for each region and kind: the same counts, and later: who takes a chain that is added later
    cells               every cell of the inventory: chain, region, kind, route (blue, both, green, none) and, with --effective, effective:
                        who starts it (the same words; blue?, green? and ? where that is not known whole)
    gaps                the cells that nobody takes
    drift               with --effective: says, cells (how many are elsewhere than the document says, or not known)
    changes             check of a file: says (what it changes for the cells), lines (by region, kind and name), from (the document in
                        force; absent: it is not known)

Without --full status leaves out, so that it stays below 1 MB for 250 chains whatever happens:

    cells               all but the fields above; --full adds promise_ns and of each cluster last, last_good and open (jobs), streak (good
                        ones in a row, or minus the bad ones), size_ratio (to the median_bytes of its level), missed_7d, promise_breaks and
                        more, and desired (who takes it by the journal's newest routes: blue, both, green or none; absent: it is not known)
    clusters            recent (the newest 500 jobs that ended), the rest of open and strays
    events              changes, which --follow tells
    rds                 all but the newest point of every series; parameters and variables
    journal             routes, evidence, and actions that are over but the newest %d
    texts               says of a cell ends after %d letters

What switchyard routes render prints:

    cluster, file       blue or green; the file on its Directors' hosts
    text                the configuration
    canary              the name of the Job at its end, made of all that stands before it
    jobs                the routed jobs by name: whether each is scheduled
    shifted_min_of_clients  minutes by which the schedules of a client are moved out of the other cluster's way; those that are not are
                            left out
    proof               with --check: findings (line, absent: of the whole; says, do, unknown: nothing here tells whether it is wrong) and
                        asked (tool, verdict, says); no finding is the proof

With --follow each line is one change: seq (0: how things were when it began), at, who, severity, says, and what it is about: job, cell,
action.`
