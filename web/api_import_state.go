package web

import (
	"errors"
	"time"

	"github.com/maillage/maillage/instance"
)

// importState is how far an import is.
type importState string

// The states.
const (
	importWaiting importState = "waiting" // its file was received
	importTrying  importState = "trying"
	importTried   importState = "tried"
	importRunning importState = "running"
	importDone    importState = "done"
	importStopped importState = "stopped" // before its end: running it again does the rest
	importCut     importState = "cut"     // the node was killed: the same
	importUndoing importState = "undoing"
	importUndone  importState = "undone"
	importFailed  importState = "failed" // the file cannot be read as its settings say
)

// run is the last thing that was asked of the import in this process: a trial, the import
// itself or its undoing; nil for none.
func (im *anImport) run() (name string, last *importRun) {
	for _, kind := range []string{trialRun, realRun, undoRun} {
		run := im.runs.named(kind + im.id())
		if run != nil && (kind == undoRun || im.up != nil && run.account == im.up.Account) && (last == nil || !run.began.Before(last.began)) {
			name, last = kind, run
		}
	}
	if last != nil && im.rec != nil && last.isOver() && name == trialRun && last.began.Before(im.rec.At) {
		return "", nil // it was imported since
	}
	return name, last
}

// state says how far the import is.
func (im *anImport) state() (importState, *importRun) {
	kind, run := im.run()
	if run != nil && !run.isOver() {
		return map[string]importState{trialRun: importTrying, realRun: importRunning, undoRun: importUndoing}[kind], run
	}
	if run != nil && kind == trialRun {
		switch _, _, err := run.result(); {
		case err == nil:
			return importTried, run
		case !errors.Is(err, errStopped):
			return importFailed, run
		}
	}
	if im.rec != nil {
		return recordState(im.rec, im.node.Now()), run
	}
	if run != nil && kind == realRun {
		if _, _, err := run.result(); err != nil && !errors.Is(err, errStopped) {
			return importFailed, run
		}
	}
	return importWaiting, run
}

func recordState(rec *instance.IntakeRecord, now time.Time) importState {
	switch {
	case !rec.Undone.IsZero():
		return importUndone
	case rec.GoesOn(now):
		return importRunning
	case rec.CutOff(now):
		return importCut
	case rec.Stopped:
		return importStopped
	}
	return importDone
}
