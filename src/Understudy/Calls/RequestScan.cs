using System.Buffers;
using System.Buffers.Text;
using System.Text;
using System.Text.Json;

namespace Understudy.Calls;

/// <summary>
/// Finds the few top-level fields of a request's body that routing needs, and checks that the body is one balanced JSON
/// object. Everything below the top level is skipped over with vector searches: a full token walk of an agent's 200 KB
/// body costs more than the rest of the call (see <c>bench/README.md</c>). What is inside is the provider's to judge.
/// </summary>
public static class RequestScan
{
    private const int MaxDepth = 512;

    private static readonly SearchValues<byte> Structure = SearchValues.Create("\"{}[]"u8);
    private static readonly SearchValues<byte> AfterLiteral = SearchValues.Create(",} \t\r\n]"u8);
    private static readonly SearchValues<byte> Plain =
        SearchValues.Create("\"-._:/@abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"u8);
    private static readonly SearchValues<byte> InNumber = SearchValues.Create("0123456789+-.eE"u8);

    /// <summary>Scans <paramref name="body"/>.</summary>
    /// <returns>Null, or what is wrong with the body, in words for the caller, without any of its content.</returns>
    public static string? TryScan(ReadOnlySpan<byte> body, out RequestFacts facts)
    {
        var scanner = new Scanner(body);
        var mistake = scanner.Run();
        facts = scanner.Facts;
        return mistake;
    }

    /// <summary>The text of a JSON string, given with its quotes: a token that was found well formed.</summary>
    public static string Unquote(ReadOnlySpan<byte> token)
    {
        var inner = token[1..^1];
        if (!inner.Contains((byte)'\\')) return Encoding.UTF8.GetString(inner);
        var reader = new Utf8JsonReader(token);
        reader.Read();
        return reader.GetString()!;
    }

    private ref struct Scanner(ReadOnlySpan<byte> body)
    {
        private readonly ReadOnlySpan<byte> _body = body;
        private int _at;
        private int _modelStart = -1;
        private int _modelLength;
        private bool _stream;
        private long _maxTokens;
        private bool _reasoning;
        private bool _hasTools;
        private bool _streamSeen;
        private bool _thread;

        public readonly RequestFacts Facts => new(_modelStart, _modelLength, _stream, _maxTokens, _reasoning, _hasTools) { Thread = _thread };

        public string? Run()
        {
            if (_body.StartsWith("\uFEFF"u8)) _at = 3;
            SkipSpace();
            if (_at == _body.Length) return "The request has no body; a JSON object is expected.";
            if (_body[_at] != '{') return $"The body is not a JSON object (byte {_at}).";
            _at++;
            SkipSpace();
            if (_at < _body.Length && _body[_at] == '}')
            {
                _at++;
                return End();
            }

            while (true)
            {
                SkipSpace();
                if (Peek() != '"') return Unexpected("a field's name in quotes");
                var keyStart = _at;
                if (!SkipString()) return Unterminated(keyStart);
                var key = _body[keyStart.._at];
                SkipSpace();
                if (Peek() != ':') return Unexpected("':'");
                _at++;
                SkipSpace();
                if (ReadValue(key) is { } mistake) return mistake;
                SkipSpace();
                switch (Peek())
                {
                    case (byte)',':
                        _at++;
                        continue;
                    case (byte)'}':
                        _at++;
                        return End();
                    default:
                        return Unexpected("',' or '}'");
                }
            }
        }

        private string? End()
        {
            SkipSpace();
            return _at == _body.Length ? null : $"There is more after the JSON object (byte {_at}).";
        }

        private string? ReadValue(ReadOnlySpan<byte> quotedKey)
        {
            var start = _at;
            if (!SkipValue()) return _at >= _body.Length ? Unterminated(start) : Unexpected("a JSON value");
            var value = _body[start.._at];
            var key = quotedKey[1..^1];
            if (key.Contains((byte)'\\'))
            {
                if (!IsText(quotedKey)) return "A field's name is not a JSON string.";
                key = Encoding.UTF8.GetBytes(Unquote(quotedKey));
            }

            switch (key.Length)
            {
                case 5 when key.SequenceEqual("model"u8):
                    if (_modelStart >= 0) return "The field 'model' is given twice.";
                    if (value[0] != '"' || !IsText(value)) return "The field 'model' must be a string.";
                    _modelStart = start;
                    _modelLength = value.Length;
                    break;
                case 5 when key.SequenceEqual("tools"u8):
                    _hasTools = value[0] == '[' && value[1..^1].ContainsAnyExcept(" \t\r\n"u8);
                    break;
                case 6 when key.SequenceEqual("thread"u8):
                    _thread = value[0] == '{';
                    break;
                case 6 when key.SequenceEqual("stream"u8):
                    if (_streamSeen) return "The field 'stream' is given twice.";
                    _streamSeen = true;
                    if (value.SequenceEqual("true"u8)) _stream = true;
                    else if (!value.SequenceEqual("false"u8) && !value.SequenceEqual("null"u8)) return "The field 'stream' must be true or false.";
                    break;
                case 10 when key.SequenceEqual("max_tokens"u8):
                case 17 when key.SequenceEqual("max_output_tokens"u8):
                case 21 when key.SequenceEqual("max_completion_tokens"u8):
                    if (Utf8Parser.TryParse(value, out long tokens, out var used) && used == value.Length) _maxTokens = tokens;
                    break;
                case 8 when key.SequenceEqual("thinking"u8):
                    _reasoning = value[0] == '{' && value.IndexOf("\"disabled\""u8) < 0;
                    break;
                case 9 when key.SequenceEqual("reasoning"u8):
                    _reasoning = value[0] == '{' && value.IndexOf("\"none\""u8) < 0;
                    break;
                case 16 when key.SequenceEqual("reasoning_effort"u8):
                    _reasoning = value[0] == '"' && !value.SequenceEqual("\"none\""u8);
                    break;
            }

            return null;
        }

        /// <summary>Whether a string token holds text: escapes that JSON knows, no control characters, no half of a surrogate pair.</summary>
        private static bool IsText(ReadOnlySpan<byte> token)
        {
            if (!token.ContainsAnyExcept(Plain)) return true; // nearly always, and it costs no string
            var reader = new Utf8JsonReader(token);
            try
            {
                return reader.Read() && reader.GetString() is not null;
            }
            catch (Exception malformed) when (malformed is JsonException or InvalidOperationException)
            {
                return false; // both are documented: the one for the grammar, the other for the encoding
            }
        }

        private bool SkipValue()
        {
            switch (Peek())
            {
                case (byte)'"':
                    return SkipString();
                case (byte)'{' or (byte)'[':
                    return SkipContainer();
                default:
                    var length = _body[_at..].IndexOfAny(AfterLiteral);
                    var literal = length < 0 ? _body[_at..] : _body.Slice(_at, length);
                    if (!IsLiteral(literal)) return false;
                    _at += literal.Length;
                    return true;
            }
        }

        private static bool IsLiteral(ReadOnlySpan<byte> literal) =>
            literal.SequenceEqual("true"u8) || literal.SequenceEqual("false"u8) || literal.SequenceEqual("null"u8)
            || (!literal.IsEmpty && (char.IsAsciiDigit((char)literal[0]) || literal[0] == '-')
                && !literal.ContainsAnyExcept(InNumber));

        /// <summary>Skips a container; brackets must match in kind, as far as <see cref="MaxDepth"/> levels deep.</summary>
        private bool SkipContainer()
        {
            Span<ulong> kinds = stackalloc ulong[MaxDepth / 64]; // a bit a level: 1 for an array
            var depth = 0;
            while (true)
            {
                var next = _body[_at..].IndexOfAny(Structure);
                if (next < 0)
                {
                    _at = _body.Length;
                    return false;
                }

                _at += next;
                var c = _body[_at];
                if (c == '"')
                {
                    if (!SkipString()) return false;
                    continue;
                }

                _at++;
                if (c is (byte)'{' or (byte)'[')
                {
                    if (depth == MaxDepth) return false;
                    var bit = 1UL << (depth & 63);
                    if (c == '[') kinds[depth >> 6] |= bit;
                    else kinds[depth >> 6] &= ~bit;
                    depth++;
                    continue;
                }

                depth--;
                var isArray = (kinds[depth >> 6] & (1UL << (depth & 63))) != 0;
                if (isArray != (c == ']'))
                {
                    _at--;
                    return false;
                }

                if (depth == 0) return true;
            }
        }

        /// <summary>Skips a string: looks for quotes only, and counts the backslashes before each. Most escapes are <c>\n</c>, which need no stop.</summary>
        private bool SkipString()
        {
            var from = _at + 1;
            while (true)
            {
                var quote = _body[from..].IndexOf((byte)'"');
                if (quote < 0)
                {
                    _at = _body.Length;
                    return false;
                }

                var end = from + quote;
                var slash = end - 1;
                while (slash > _at && _body[slash] == '\\') slash--;
                if (((end - 1 - slash) & 1) == 0)
                {
                    _at = end + 1;
                    return true;
                }

                from = end + 1;
            }
        }

        private void SkipSpace()
        {
            while (_at < _body.Length && _body[_at] is (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t') _at++;
        }

        private readonly byte Peek() => _at < _body.Length ? _body[_at] : (byte)0;

        private readonly string Unexpected(string expected) => _at >= _body.Length
            ? $"The JSON body ends at byte {_at}, where {expected} is expected."
            : $"The body is not JSON: {expected} is expected at byte {_at}.";

        private readonly string Unterminated(int start) => $"The JSON body ends inside the value that begins at byte {start}.";
    }
}
