package ui

import (
	"cmp"
	"fmt"
	"strconv"
	"time"

	"switchyard/model"
	"switchyard/themes"
	"switchyard/ui/draw"
)

// known is a fact of a reading, "?" when it was never read.
func known[T any](r model.Reading[T], say func() string) string {
	if !r.Seen() {
		return "?"
	}
	return say()
}

func unless(unknown bool, s string) string {
	if unknown {
		return "?"
	}
	return s
}

func lastOf(s model.Series, format func(float64) string) string {
	p, ok := s.Last()
	if !ok {
		return "?"
	}
	return format(p.Value)
}

func percentNow(s model.Series) string {
	return lastOf(s, percent)
}

func whole(s model.Series) string {
	return lastOf(s, count)
}

func oneDecimal(s model.Series) string {
	return lastOf(s, func(f float64) string { return strconv.FormatFloat(f, 'f', 1, 64) })
}

func sizeNow(s model.Series) string { return lastOf(s, model.Size[float64]) }

func millis(s model.Series) string {
	return lastOf(s, func(f float64) string { return fmt.Sprintf("%.1f ms", f*1000) })
}

// freePiece is the free share of the storage.
func freePiece(i *model.Instance) draw.Piece {
	free, ok := i.Metrics.Value.FreeStorage.Last()
	if !ok || i.AWS.Value.Storage.GiB == 0 {
		return text("?")
	}
	share := free.Value / (float64(i.AWS.Value.Storage.GiB) * (1 << 30))
	s := fmt.Sprintf("%.0f %%", share*100)
	switch {
	case share < 0.10:
		return draw.As(themes.Fail, "✗ "+s)
	case share < 0.20:
		return draw.As(themes.Warn, "! "+s)
	}
	return text(s)
}

// both adds two series point by point, where both have one.
func both(a, b model.Series) model.Series {
	at := make(map[time.Time]float64, len(b))
	for _, p := range b {
		at[p.At] = p.Value
	}
	var sum model.Series
	for _, p := range a {
		if v, ok := at[p.At]; ok {
			sum = append(sum, model.Point{At: p.At, Value: p.Value + v})
		}
	}
	return sum
}

// ownLag is the replica's own word, unknown while its server does not answer.
func ownLag(i *model.Instance) model.Lag {
	switch rep := i.Server.Value.Replication; {
	case !i.Server.Seen():
		return model.UnknownLag(cmp.Or(i.Server.Why, "no answer yet"))
	case i.Server.Why != "":
		return model.UnknownLag(i.Server.Why)
	case rep == nil:
		return model.BrokenLag("it replicates from nobody")
	default:
		return rep.Lag
	}
}

// lagPiece says a lag; why it is unknown stands with the source that does not answer.
func lagPiece(l model.Lag) draw.Piece {
	switch l.State() {
	case model.LagKnown:
		return text(l.String())
	case model.LagBroken:
		return draw.As(themes.Fail, "✗ "+l.String())
	case model.LagUnknown:
	}
	return draw.As(themes.Warn, "? unknown")
}

// threadPiece is one thread of a replica, unknown while its server does not answer.
func threadPiece(i *model.Instance, state func(*model.Replication) string) draw.Piece {
	switch r := i.Server.Value.Replication; {
	case i.Server.Why != "":
		return draw.As(themes.Warn, "?")
	case r == nil:
		return draw.As(themes.Fail, "✗ none")
	case state(r) == "Yes":
		return draw.As(themes.Good, "✓")
	default:
		return draw.As(themes.Fail, "✗ "+state(r))
	}
}

func keyPieces(i *model.Instance) []draw.Piece {
	switch {
	case !i.Key.Seen() || i.Key.Why != "":
		return []draw.Piece{muted("  key "), draw.As(themes.Warn, "?")}
	case i.Key.Value.Usable:
		return []draw.Piece{muted("  key "), draw.As(themes.Good, "✓")}
	}
	return []draw.Piece{muted("  key "), draw.As(themes.Fail, "✗ "+i.Key.Value.State)}
}

func parityPieces(p *model.RDS) []draw.Piece {
	switch {
	case p.ParityAt.IsZero():
		return []draw.Piece{muted("  parity "), draw.As(themes.Warn, "?")}
	case len(p.Parity) == 0:
		return []draw.Piece{muted("  parity "), draw.As(themes.Good, "✓")}
	}
	return []draw.Piece{muted("  parity "), draw.As(themes.Warn, "! "+strconv.Itoa(len(p.Parity)))}
}

// verdictPiece says whether a takeover can be, with the glyph that the page of failovers gives it.
func verdictPiece(t *model.Takeover) draw.Piece {
	switch {
	case t.Can == model.Holds:
		return draw.As(themes.Good, "✓ "+t.Says)
	case t.OnReason:
		return draw.As(themes.Warn, "! "+t.Says)
	case t.Can == model.Fails:
		return draw.As(themes.Warn, "✗ "+t.Says)
	}
	return draw.As(themes.Warn, "? "+cmp.Or(t.Says, "unknown"))
}
