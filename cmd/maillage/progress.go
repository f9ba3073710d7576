package main

import (
	"fmt"
	"os"
	"strings"
	"time"
)

// progress shows how far a long step is: a bar on a terminal, nothing elsewhere
// (the line that follows says the outcome).
type progress struct {
	total    int
	what     string
	terminal bool
	shown    time.Time
}

func newProgress(total int, what string) *progress {
	info, err := os.Stdout.Stat()
	return &progress{total: total, what: what, terminal: err == nil && info.Mode()&os.ModeCharDevice != 0}
}

func (p *progress) set(done int) {
	if !p.terminal || p.total == 0 || (done < p.total && time.Since(p.shown) < 50*time.Millisecond) {
		return
	}
	p.shown = time.Now()
	const width = 30
	full := min(width, done*width/p.total)
	fmt.Printf("\r%s%s %d/%d %s", strings.Repeat("█", full), strings.Repeat("░", width-full), done, p.total, p.what)
}

func (p *progress) done() {
	if p.terminal {
		fmt.Print("\r\033[K")
	}
}
