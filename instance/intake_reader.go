package instance

// IntakeReader reads files and feeds of other software; instance/source implements it.
type IntakeReader interface {
	// Formats are those that it reads: "ical", "csv"...
	Formats() []string
	// Fields are where the columns of a table can go: "name", "start"...
	Fields() []string
	// Detect recognises the format of a file by its name and its bytes; "" when nothing
	// tells.
	Detect(name string, data []byte) string
	// Preview reads the headings of a table and its first rows. ErrInvalid, with a
	// sentence in French: it has none.
	Preview(data []byte, rows int) (*IntakeTable, error)
	// Read reads a whole file. ErrInvalid, with a sentence in French.
	Read(data []byte, o IntakeReading) (*Harvest, error)
}

// IntakeReading says how to read a file.
type IntakeReading struct {
	Format  string
	Address string            // where it was read, "" when nowhere: addresses in it are relative to it
	Mapping map[string]string // heading of a column -> its field; "-" leaves it out
	Kind    Kind              // of the rows of a table or map; "" = as they show
}

// IntakeTable is the beginning of a table, for a person to say where its columns go.
type IntakeTable struct {
	Heads  []string   // as the source writes them; "" for a column without heading
	Fields []string   // where each is guessed to go; "" = nowhere
	Notes  []string   // why it goes nowhere, in French
	Rows   [][]string // the first ones, a cell for each heading
}
