namespace Understudy.Streaming;

/// <summary>
/// How far a JSON document (RFC 8259) has come, character by character: whether what is there can still become one, and
/// whether it is one. It keeps the open brackets and nothing else.
/// </summary>
internal sealed class JsonProgress
{
    private const int DeepestNesting = 512;

    private readonly List<char> _open;
    private State _state = State.Value;
    private string _literal = "";
    private int _left; // hex digits of an escape, or letters of a literal, that are still to come
    private bool _isKey;

    private JsonProgress(List<char> open) => _open = open;

    private enum State
    {
        Value,
        ValueOrEnd, // behind '['
        Key,
        KeyOrEnd, // behind '{'
        Colon,
        AfterValue,
        Text,
        Escape,
        Hex,
        Literal,
        Minus,
        Zero,
        Digits,
        Point,
        Fraction,
        Exponent,
        ExponentSign,
        ExponentDigits,
    }

    /// <summary>Whether anything but white space came.</summary>
    public bool IsBegun { get; private set; }

    /// <summary>Whether the document is whole, and nothing but white space can follow. A number at the top never is: a digit might.</summary>
    public bool IsWhole => _state == State.AfterValue && _open.Count == 0;

    /// <summary>Whether the document would be whole if it ended here.</summary>
    public bool MayEnd => IsWhole || (_open.Count == 0 && IsNumberEnd);

    /// <summary>Whether the next character belongs to a string or a name.</summary>
    public bool IsInText => _state is State.Text or State.Escape or State.Hex;

    private bool IsNumberEnd => _state is State.Zero or State.Digits or State.Fraction or State.ExponentDigits;

    /// <summary>How far a text has come; null where it is no beginning of a document.</summary>
    public static JsonProgress? Of(ReadOnlySpan<char> text)
    {
        var progress = new JsonProgress([]);
        return progress.Take(text) == text.Length ? progress : null;
    }

    /// <summary>Another one that has come as far.</summary>
    public JsonProgress Clone() => new([.. _open]) { _state = _state, _literal = _literal, _left = _left, _isKey = _isKey, IsBegun = IsBegun };

    /// <summary>Takes as much as belongs to the document.</summary>
    /// <returns>How many characters: fewer than all where one cannot follow.</returns>
    public int Take(ReadOnlySpan<char> text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (!Take(text[i])) return i;
        }

        return text.Length;
    }

    private bool Take(char c)
    {
        switch (_state)
        {
            case State.Text: return TakeInText(c);
            case State.Escape: return TakeEscape(c);
            case State.Hex:
                if (!char.IsAsciiHexDigit(c)) return false;
                if (--_left == 0) _state = State.Text;
                return true;
            case State.Literal:
                if (c != _literal[^_left]) return false;
                if (--_left == 0) _state = State.AfterValue;
                return true;
            case State.Minus or State.Zero or State.Digits or State.Point or State.Fraction or State.Exponent or State.ExponentSign or State.ExponentDigits:
                if (TakeInNumber(c)) return true;
                if (!IsNumberEnd) return false;
                _state = State.AfterValue;
                return TakeBetween(c);
            case State.Value or State.ValueOrEnd or State.Key or State.KeyOrEnd or State.Colon or State.AfterValue: return TakeBetween(c);
        }

        return false;
    }

    private bool TakeInText(char c)
    {
        if (c < ' ') return false;
        if (c == '\\') _state = State.Escape;
        else if (c == '"') _state = _isKey ? State.Colon : State.AfterValue;
        return true;
    }

    private bool TakeEscape(char c)
    {
        if (c == 'u') (_state, _left) = (State.Hex, 4);
        else if (c is '"' or '\\' or '/' or 'b' or 'f' or 'n' or 'r' or 't') _state = State.Text;
        else return false;
        return true;
    }

    private bool TakeInNumber(char c)
    {
        var next = (_state, c) switch
        {
            (State.Minus, '0') => State.Zero,
            (State.Minus, >= '1' and <= '9') or (State.Digits, >= '0' and <= '9') => State.Digits,
            (State.Zero or State.Digits, '.') => State.Point,
            (State.Point or State.Fraction, >= '0' and <= '9') => State.Fraction,
            (State.Zero or State.Digits or State.Fraction, 'e' or 'E') => State.Exponent,
            (State.Exponent, '+' or '-') => State.ExponentSign,
            (State.Exponent or State.ExponentSign or State.ExponentDigits, >= '0' and <= '9') => State.ExponentDigits,
            _ => State.Value,
        };
        if (next == State.Value) return false;
        _state = next;
        return true;
    }

    /// <summary>Between tokens.</summary>
    private bool TakeBetween(char c)
    {
        if (c is ' ' or '\t' or '\n' or '\r') return true;
        if (_open.Count == 0 && _state == State.AfterValue) return false;
        IsBegun = true;
        switch (c)
        {
            case '"' when _state is State.Key or State.KeyOrEnd or State.Value or State.ValueOrEnd:
                _isKey = _state is State.Key or State.KeyOrEnd;
                _state = State.Text;
                return true;
            case ':' when _state == State.Colon:
                _state = State.Value;
                return true;
            case ',' when _state == State.AfterValue:
                _state = _open[^1] == '{' ? State.Key : State.Value;
                return true;
            case '}' when _state == State.KeyOrEnd || (_state == State.AfterValue && _open[^1] == '{'): return Close();
            case ']' when _state == State.ValueOrEnd || (_state == State.AfterValue && _open[^1] == '['): return Close();
        }

        return _state is State.Value or State.ValueOrEnd && TakeValue(c);
    }

    private bool TakeValue(char c)
    {
        switch (c)
        {
            case '{' or '[' when _open.Count < DeepestNesting:
                _open.Add(c);
                _state = c == '{' ? State.KeyOrEnd : State.ValueOrEnd;
                return true;
            case 't': return Literal("true");
            case 'f': return Literal("false");
            case 'n': return Literal("null");
            case '-': _state = State.Minus; return true;
            case '0': _state = State.Zero; return true;
            case >= '1' and <= '9': _state = State.Digits; return true;
            default: return false;
        }
    }

    private bool Literal(string word)
    {
        (_state, _literal, _left) = (State.Literal, word, word.Length - 1);
        return true;
    }

    private bool Close()
    {
        _open.RemoveAt(_open.Count - 1);
        _state = State.AfterValue;
        return true;
    }
}
