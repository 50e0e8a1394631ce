package run

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"switchyard/model"
	"switchyard/model/plan"
)

// accounts wants one account locked and without a session, and the one that takes its place to be let in with its secret.
func (h *Amazon) accounts(ctx context.Context, a *plan.Account) (Sight, error) {
	at := h.Accounts[AtInstance(a.ID, a.Region)]
	if at == nil || at.Login.User == "" {
		return Sight{}, fmt.Errorf("nothing here may make accounts on %s: act.fence says who may", a.ID)
	}
	if _, err := h.describe(ctx, &a.OnInstance); err != nil {
		return Sight{}, err
	}
	s, err := at.Look(ctx)
	if err != nil {
		return Sight{}, err
	}
	return h.fencedBy(ctx, a, s.Logins, len(s.Sessions[a.Locks]))
}

// accountsByHand looks with the login that reads the servers: whoever did it, it must show.
func (h *Amazon) accountsByHand(ctx context.Context, a *plan.Account) (Sight, error) {
	if _, err := h.describe(ctx, &a.OnInstance); err != nil {
		return Sight{}, err
	}
	s, err := h.server(ctx, &a.OnInstance)
	switch {
	case err != nil:
		return Sight{}, err
	case s.Logins == nil:
		return Sight{}, fmt.Errorf("the accounts of %s cannot be seen: %s", a.ID, s.LoginsWhy)
	case s.Sessions(a.Locks) < 0:
		return Sight{}, fmt.Errorf("the sessions on %s cannot be seen: who asks needs PROCESS", a.ID)
	}
	return h.fencedBy(ctx, a, s.Logins, s.Sessions(a.Locks))
}

func (h *Amazon) fencedBy(ctx context.Context, a *plan.Account, all []model.Login, sessions int) (Sight, error) {
	var lacks []string
	was := model.LoginsOf(all, a.Locks)
	if len(was) == 0 && a.Makes != "" { // another name than the Director's would fence nobody
		lacks = append(lacks, fmt.Sprintf("there is no account %s to be locked", a.Locks))
	}
	for _, l := range was {
		if !l.Locked {
			lacks = append(lacks, fmt.Sprintf("%s@%s is not locked", l.User, l.Host))
		}
	}
	if sessions > 0 {
		lacks = append(lacks, fmt.Sprintf("%s has %d sessions", a.Locks, sessions))
	}
	next := model.LoginsOf(all, a.Makes)
	switch {
	case a.Makes == "":
	case len(next) == 0:
		lacks = append(lacks, "there is no account "+a.Makes)
	case next[0].Locked:
		lacks = append(lacks, a.Makes+" is locked")
	}
	if len(lacks) > 0 {
		return Sight{Verdict: model.Fails, Says: model.Clean(fmt.Sprintf("on %s: %s", a.ID, strings.Join(lacks, ", ")))}, nil
	}
	switch {
	case len(was) == 0 && a.Makes == "":
		return Sight{
			Verdict: model.Holds,
			Says:    model.Clean(fmt.Sprintf("there is no account %s on %s, and no session of it", a.Locks, a.ID)),
		}, nil
	case a.Makes == "":
		return Sight{Verdict: model.Holds, Says: model.Clean(fmt.Sprintf("%s is locked on %s, and has no session there", a.Locks, a.ID))}, nil
	}
	at := h.Accounts[AtInstance(a.ID, a.Region)]
	if at == nil || at.Next == nil {
		return Sight{}, fmt.Errorf("whether %s is let in cannot be tried: its secret is not known", a.Makes)
	}
	switch err := at.Admits(ctx, a.Makes); {
	case errors.Is(err, model.ErrRefused):
		return Sight{Verdict: model.Fails, Says: model.Clean(fmt.Sprintf("%s does not let %s in with its secret: %v", a.ID, a.Makes, err))}, nil
	case err != nil:
		return Sight{}, err
	}
	return Sight{
		Verdict: model.Holds,
		Says: model.Clean(fmt.Sprintf("%s is let in to %s inside TLS, and %s is locked and has no session there",
			a.Makes, a.ID, a.Locks)),
	}, nil
}

// fenceAccount tells the server. That the instance is the one that is meant was seen by the look before.
func (h *Amazon) fenceAccount(ctx context.Context, a *plan.Account) error {
	at := h.Accounts[AtInstance(a.ID, a.Region)]
	if at == nil || at.Login.User == "" {
		return fmt.Errorf("doing a step: %w: nothing here may make accounts on %s", model.ErrNotDone, a.ID)
	}
	if _, err := h.describe(ctx, &a.OnInstance); err != nil {
		return fmt.Errorf("doing a step: %w: %w", model.ErrNotDone, err)
	}
	if err := at.Fence(ctx, a.Makes, a.From, a.Locks); err != nil {
		return fmt.Errorf("fencing the account %s on %s: %w", a.Locks, a.ID, err)
	}
	return nil
}

// session wants sessions of the Director's account on a server that takes writes, each of them encrypted by the server's own word. Where
// that cannot be asked, a server that lets in encrypted ones only proves as much.
func (h *Amazon) session(ctx context.Context, o *plan.Session, past plan.Past) (Sight, error) {
	s, err := h.server(ctx, &o.OnInstance)
	if err != nil {
		return Sight{}, err
	}
	account, n := o.Account, s.Director
	if account == "" {
		account = "the Director's account"
	} else {
		n = s.Sessions(o.Account)
	}
	wrote := fmt.Sprintf("Bacula wrote there at %s UTC", s.Newest.UTC().Format("15:04:05"))
	switch {
	case n < 0:
		return Sight{}, fmt.Errorf("sessions of %s cannot be seen: rds.director_account names it, and who asks needs PROCESS", account)
	case s.ReadOnly:
		return Sight{Verdict: model.Fails, Says: o.ID + " takes no writes"}, nil
	case n == 0 && !wroteSince(&s, o.Director, past):
		return Sight{Verdict: model.Fails, Says: model.Clean(fmt.Sprintf("no session of %s is on %s", account, o.ID))}, nil
	case s.Only() == model.Holds:
		return Sight{Verdict: model.Holds, Says: model.Clean(fmt.Sprintf("%d sessions of %s are on %s, which lets in encrypted ones only; %s",
			n, account, o.ID, wrote))}, nil
	}
	plain, seen, why := h.plain(ctx, o)
	switch {
	case why != "":
		return Sight{Verdict: model.Fails, Says: model.Clean(fmt.Sprintf("%d sessions are on %s; it lets in unencrypted ones, too, and how each "+
			"is encrypted cannot be seen (%s): let who asks read performance_schema.threads and status_by_thread, or set "+
			"require_secure_transport in its parameter group", n, o.ID, why))}, nil
	case plain > 0:
		return Sight{Verdict: model.Fails, Says: model.Clean(fmt.Sprintf("%d of %d sessions of %s on %s are not encrypted: see DB SSL in %s's "+
			"Catalog resource", plain, seen, account, o.ID, o.Director))}, nil
	case seen == 0:
		return Sight{Verdict: model.Fails, Says: model.Clean(fmt.Sprintf("no session of %s is on %s now, and none was seen encrypted", account,
			o.ID))}, nil
	}
	return Sight{Verdict: model.Holds, Says: model.Clean(fmt.Sprintf("each of %d sessions of %s on %s is encrypted; %s", seen, account, o.ID,
		wrote))}, nil
}

// plain counts the sessions of the Director's accounts that are not encrypted, of those that are seen; why says that nobody can tell.
func (h *Amazon) plain(ctx context.Context, o *plan.Session) (plain, seen int, why string) {
	at := h.Servers[AtInstance(o.ID, o.Region)]
	all, err := at.Ciphers(ctx)
	if err != nil {
		return 0, 0, err.Error()
	}
	for _, c := range all {
		if o.Account == "" && !at.Directors(c.User) || o.Account != "" && c.User != o.Account {
			continue
		}
		if seen++; c.Cipher == "" {
			plain++
		}
	}
	return plain, seen, ""
}
