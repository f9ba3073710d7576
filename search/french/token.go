package french

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Token is one word of a text.
type Token struct {
	Word   string // folded
	Stem   string // what is compared: fold, then stem
	Start  int    // byte offset in the text
	End    int
	Stop   bool // too common to be searched
	Joined bool // tied to the token before: tiers-lieu, Camp'TIC
}

// Tokens cuts a text into words. Elided articles and pronouns (l', d', qu') are left out.
func Tokens(text string) []Token {
	tokens := make([]Token, 0, len(text)/6+1)
	joined := false
	for at := 0; at < len(text); {
		r, size := utf8.DecodeRuneInString(text[at:])
		if !isWord(r) {
			at += size
			continue
		}
		end := wordEnd(text, at)
		word := Fold(text[at:end])
		next, after := utf8.DecodeRuneInString(text[end:])
		followed := isWord(runeAt(text, end+after))
		if !(isApostrophe(next) && followed && elisions[word]) && word != "" {
			tokens = append(tokens, Token{
				Word: word, Stem: Stem(word), Start: at, End: end,
				Stop: stopWords[word], Joined: joined && len(tokens) > 0,
			})
		}
		joined = (isHyphen(next) || isApostrophe(next) && !elisions[word]) && followed
		at = end + after
	}
	return tokens
}

// Terms are the words of a text as an index keeps them, in order and without stop
// words: stems, and the words as written (folded). Hyphenated words are added
// once more in one piece at the end of both, so that "tierslieu" finds "tiers-lieu".
func Terms(text string) (stems, words []string) {
	tokens := Tokens(text)
	var stemTail, wordTail []string
	for i, t := range tokens {
		if !t.Stop {
			stems, words = append(stems, t.Stem), append(words, t.Word)
		}
		if t.Joined && (i+1 == len(tokens) || !tokens[i+1].Joined) {
			whole := compound(tokens[:i+1])
			stemTail, wordTail = append(stemTail, Stem(whole)), append(wordTail, whole)
		}
	}
	return append(stems, stemTail...), append(words, wordTail...)
}

// compound glues the last hyphenated run of tokens.
func compound(tokens []Token) string {
	first := len(tokens) - 1
	for first > 0 && tokens[first].Joined {
		first--
	}
	var whole strings.Builder
	for _, t := range tokens[first:] {
		whole.WriteString(t.Word)
	}
	return whole.String()
}

func wordEnd(text string, at int) int {
	for at < len(text) {
		r, size := utf8.DecodeRuneInString(text[at:])
		if !isWord(r) {
			break
		}
		at += size
	}
	return at
}

func runeAt(text string, at int) rune {
	if at >= len(text) {
		return 0
	}
	r, _ := utf8.DecodeRuneInString(text[at:])
	return r
}

func isWord(r rune) bool {
	if r < unicode.MaxASCII {
		return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
	}
	return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.Is(unicode.Mn, r))
}

func isApostrophe(r rune) bool { return r == '\'' || r == '’' || r == 'ʼ' || r == '‘' }

func isHyphen(r rune) bool { return r == '-' || r == '\u2010' || r == '\u2011' }

func set(words string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(words) {
		m[w] = true
	}
	return m
}

// What loses its vowel before another word.
var elisions = set("l d j m t s n c qu jusqu lorsqu puisqu quoiqu")

// Folded. "est", "été" and "sans" are searched: they are also a compass point, a
// season and half of "sans-abri".
var stopWords = set(`a afin ai ainsi alors as au aucun comment aussi autre aux avec avez avoir c ce ceci cela celle celles celui
	ces cet cette ceux chaque chez ci comme d dans de des donc dont du elle elles en encore entre es et etc etre eu eux
	fait font il ils j je l la le les leur leurs lors lui m ma mais me mes meme mon n ne ni nos notre nous on ont ou par
	parce pas peu peut plus pour quand que quel quelle quelles quels qui quoi s sa se ses si soit son sont sous sur t ta
	te tes toi ton tous tout toute toutes tres tu un une va vers vos votre vous y`)
