package feed

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"switchyard/model"
	"switchyard/model/board"
)

// CardsIn reads when the restore cards of an inventory's chains were made, by their own word: a copy has another time of its own.
func CardsIn(dir string, inv *model.Inventory) (*model.CardsKept, error) {
	if _, err := os.ReadDir(dir); err != nil {
		return nil, err
	}
	k := &model.CardsKept{At: model.Now(), Dir: dir, Missing: []string{}}
	was := ""
	for i := range inv.Cells {
		chain := inv.Cells[i].Cell.Chain
		if chain == was {
			continue
		}
		was = chain
		k.Chains++
		at, err := cardMade(filepath.Join(dir, (&model.Card{Chain: chain}).File()))
		switch {
		case err != nil:
			k.Missing = append(k.Missing, chain)
		case k.Made.IsZero() || at.Before(k.Made):
			k.Oldest, k.Made = chain, at
		}
	}
	return k, nil
}

func cardMade(name string) (at time.Time, err error) {
	f, err := os.Open(name)
	if err != nil {
		return at, err
	}
	defer f.Close()
	line, _ := bufio.NewReader(io.LimitReader(f, 4096)).ReadString('\n')
	const made = ", made "
	i := strings.LastIndex(line, made)
	if i < 0 || !strings.HasPrefix(line, model.CardHead) {
		return at, errors.New("it is no card")
	}
	return time.Parse(time.RFC3339, strings.TrimSpace(line[i+len(made):]))
}

// keptCards is where restore cards are kept, and of which chains.
type keptCards struct {
	dir string
	inv *model.Inventory
}

// WatchCards lets the feed look how old the restore cards in a directory are.
func (f *Feed) WatchCards(dir string, inv *model.Inventory) { f.cards = &keptCards{dir, inv} }

// cardsEvery is how often that is looked at.
const cardsEvery = time.Minute

// cardsPoller looks at the cards by itself, as a directory of another host may hang. One such look goes on at a time.
func (f *Feed) cardsPoller(of *keptCards) *poller {
	type answer struct {
		kept *model.CardsKept
		err  error
	}
	var asked chan answer
	return &poller{
		seen:  board.Sighting{Source: model.Cards, Every: cardsEvery},
		limit: f.policy.Answer,
		read: func(ctx context.Context) (string, error) {
			if asked == nil {
				asked = make(chan answer, 1)
				go func(to chan<- answer) {
					kept, err := CardsIn(of.dir, of.inv)
					to <- answer{kept, err}
				}(asked)
			}
			select {
			case <-ctx.Done():
				return "", fmt.Errorf("looking at %s: %w", model.Clean(of.dir), model.ErrTimeout)
			case a := <-asked:
				if asked = nil; a.err != nil {
					return "", a.err
				}
				f.tell(func(b *board.Board) { b.Cards(a.kept) })
				c := a.kept.Judge(model.Now(), f.policy.CardsOld)
				return c.Value, nil
			}
		},
	}
}
