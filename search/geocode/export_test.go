package geocode

import "github.com/maillage/maillage/instance"

// Parse reads an answer of a service.
func Parse(name string, body []byte) ([]instance.Located, error) { return services[name].parse(body) }
