using System.Buffers;
using System.Text.Json;

namespace Understudy.Wires.Anthropic;

/// <summary>
/// Makes a history that another vendor had a part in acceptable to Anthropic again, in a body that is otherwise passed on
/// byte for byte. Reasoning that we gave to the client goes, for a signature that is not Anthropic's own is refused; and
/// where another model began the tool loop that is under way, thinking is switched off for this request, for with it
/// Anthropic insists on a loop that begins with its own thinking. The client resends all of it each turn: without this,
/// one failover to another vendor would spoil the conversation for ever.
/// </summary>
public static class ForeignThinking
{
    private static ReadOnlySpan<byte> Stand => """{"type":"text","text":"(no text)"}"""u8; // an empty message is refused too

    private static readonly byte[] Off = """{"type":"disabled"}"""u8.ToArray();

    /// <summary>Writes the body as Anthropic takes it.</summary>
    /// <returns>False where nothing is to change, or the body is no JSON: nothing is written then, and the body goes as it is.</returns>
    public static bool TryStrip(ReadOnlySpan<byte> body, IBufferWriter<byte> output)
    {
        if (body.IndexOf(GatewaySignature.PrefixBytes) < 0 && !WasCalledByAnother(body)) return false;
        var look = new Look();
        try
        {
            look.At(body);
        }
        catch (JsonException)
        {
            return false; // the upstream will say what is wrong with it
        }

        return look.Cuts.TryWrite(body, Stand, output);
    }

    /// <summary>
    /// Whether thinking by budget is asked for and the last result answers a call that no Claude made, told from the id.
    /// A glance from the end, for it is taken at every call; what it finds is looked at again in full.
    /// </summary>
    private static bool WasCalledByAnother(ReadOnlySpan<byte> body)
    {
        var last = body.LastIndexOf("\"tool_use_id\""u8);
        if (last < 0) return false;
        var id = body[(last + "\"tool_use_id\""u8.Length)..].TrimStart(": \t\r\n"u8);
        return !id.StartsWith("\"toolu_"u8) && body.IndexOf("\"budget_tokens\""u8) >= 0;
    }

    private static bool IsOurs(ReadOnlySpan<byte> block)
    {
        var head = BlockHead.Read(block);
        return head.Type.SequenceEqual("thinking"u8) && head.Signature.StartsWith(GatewaySignature.PrefixBytes[1..]);
    }

    /// <summary>One way through a body.</summary>
    private sealed class Look
    {
        private bool _inLoop; // the messages so far end in a tool loop
        private bool _loopBeginsWithThinking;
        private (int From, int To)? _budget;

        public ArrayCuts Cuts { get; } = new(IsOurs);

        public void At(ReadOnlySpan<byte> body)
        {
            var reader = new Utf8JsonReader(body);
            reader.Read();
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isMessages = JsonText.Is(ref reader, "messages"u8);
                var isThinking = JsonText.Is(ref reader, "thinking"u8);
                reader.Read();
                if (isMessages && reader.TokenType == JsonTokenType.StartArray)
                {
                    while (reader.Read() && reader.TokenType == JsonTokenType.StartObject) AtMessage(ref reader, body);
                }
                else if (isThinking && reader.TokenType == JsonTokenType.StartObject)
                {
                    var from = (int)reader.TokenStartIndex;
                    var thinking = JsonText.Slice(ref reader, body);
                    if (thinking.IndexOf("\"budget_tokens\""u8) >= 0) _budget = (from, from + thinking.Length);
                }
                else
                {
                    reader.Skip();
                }
            }

            if (_inLoop && !_loopBeginsWithThinking && _budget is { } budget) Cuts.Replace(budget.From, budget.To, Off);
        }

        private void AtMessage(scoped ref Utf8JsonReader reader, ReadOnlySpan<byte> body)
        {
            var isAssistant = false;
            (bool Any, bool Thinking, bool Results) content = default;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isContent = JsonText.Is(ref reader, "content"u8);
                var isRole = JsonText.Is(ref reader, "role"u8);
                reader.Read();
                if (isContent && reader.TokenType == JsonTokenType.StartArray)
                {
                    content = Begins(reader, body);
                    Cuts.Find(ref reader, body);
                }
                else if (isRole)
                {
                    isAssistant = JsonText.StringOrEmpty(ref reader).SequenceEqual("assistant"u8);
                }
                else
                {
                    reader.Skip();
                }
            }

            if (!isAssistant) _inLoop &= content.Results; // the user's own words begin a turn anew
            else if (!_inLoop) (_inLoop, _loopBeginsWithThinking) = (true, content.Thinking);
        }

        /// <summary>What the first block that stays is. The reader is a copy: the caller's stays where it is.</summary>
        private static (bool Any, bool Thinking, bool Results) Begins(Utf8JsonReader reader, ReadOnlySpan<byte> body)
        {
            while (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
            {
                var block = JsonText.Slice(ref reader, body);
                if (IsOurs(block)) continue;
                var type = BlockHead.Read(block).Type;
                return (true, type.SequenceEqual("thinking"u8) || type.SequenceEqual("redacted_thinking"u8), type.SequenceEqual("tool_result"u8));
            }

            return default;
        }
    }
}
