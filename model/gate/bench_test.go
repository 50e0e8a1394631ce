package gate

import (
	"fmt"
	"testing"

	"switchyard/model"
)

func BenchmarkGates(b *testing.B) {
	for _, n := range []int{250, 10_000} {
		w := finished(b, n)
		b.Run(fmt.Sprintf("all/%d", n), func(b *testing.B) {
			for b.Loop() {
				Evaluate(w)
			}
		})
		b.Run(fmt.Sprintf("loop/%d", n), func(b *testing.B) {
			for b.Loop() {
				Build(w).Loops()
			}
		})
		b.Run(fmt.Sprintf("blast/%d", n), func(b *testing.B) {
			for b.Loop() {
				Build(w).Without(model.Node{Kind: model.NodeAWSRegion, Name: "eu-west-1"})
			}
		})
	}
}
