package source

import "time"

// What strangers' bytes may cost.
const (
	maxBytes       = 32 << 20 // of a file
	maxColumns     = 300
	maxDepth       = 64              // of JSON, HTML and iCalendar components
	maxField       = 60_000          // bytes of one value
	maxOccurrences = 500             // of one repeated event
	maxRuleWork    = 40_000          // instants a recurrence rule may go through
	maxRules       = 4               // of one event
	maxRuleTime    = 5 * time.Second // for all the rules of a file: one that never comes costs 0.3 s
	maxExceptions  = 2_000           // EXDATE and RDATE of one event
)
