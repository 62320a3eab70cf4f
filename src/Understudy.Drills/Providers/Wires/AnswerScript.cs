using System.Text;
using Understudy.Calls;
using Understudy.Drills.Scenarios;

namespace Understudy.Drills.Providers.Wires;

/// <summary>
/// The bytes of a model's answers in its protocol. The lines of a book are rendered once; a call adds only its numbers.
/// </summary>
internal abstract class AnswerScript
{
    private readonly byte[][] _frames = new byte[2][];
    private readonly int[][] _ends = new int[2][];

    /// <summary>The number of tokens in the opening: input tokens.</summary>
    protected abstract Template Opening { get; }

    /// <summary>The end of a stream: input, output and all tokens.</summary>
    protected abstract Template Closing { get; }

    /// <summary>A whole answer up to its text, and from there on: input, output and all tokens.</summary>
    protected abstract (Template Before, Template After) Whole { get; }

    /// <summary>The content type of a stream.</summary>
    public virtual ReadOnlySpan<byte> StreamType => "text/event-stream; charset=utf-8"u8;

    /// <summary>An error event inside a stream.</summary>
    public abstract ReadOnlyMemory<byte> ErrorEvent { get; }

    /// <summary>One line of the answer as an event.</summary>
    protected abstract string Frame(string text);

    /// <summary>The answer to a question for the number of tokens.</summary>
    public abstract byte[] TokenCount(int tokens);

    /// <summary>A script for a model.</summary>
    public static AnswerScript For(WireProtocol protocol, string model) => protocol switch
    {
        WireProtocol.AnthropicMessages => new AnthropicScript(model),
        WireProtocol.OpenAIChat => new ChatScript(model),
        WireProtocol.OpenAIResponses => new ResponsesScript(model),
        WireProtocol.Gemini => new GeminiScript(model),
        WireProtocol.InProcess => throw WireProtocols.NotAProviders(protocol),
    };

    /// <summary>The lines from <paramref name="from"/> to <paramref name="to"/> as events, one behind the other.</summary>
    public ReadOnlyMemory<byte> Frames(Book book, int from, int to)
    {
        var which = book == Book.Right ? 0 : 1;
        var frames = _frames[which] ?? Render(book, which);
        var ends = _ends[which];
        return frames.AsMemory(ends[from]..ends[to]);
    }

    /// <summary>Makes the opening of a stream.</summary>
    public ReadOnlyMemory<byte> OpeningOf(int input) => Fill(Opening, input, 0, 0);

    /// <summary>Makes the end of a stream.</summary>
    /// <param name="input">Tokens of the prompt.</param>
    /// <param name="output">Tokens of the answer.</param>
    /// <param name="lines">The lines that were said: one protocol says everything again at the end.</param>
    /// <param name="book">The book.</param>
    public virtual ReadOnlyMemory<byte> ClosingOf(int input, int output, (int From, int To) lines, Book book) => Fill(Closing, input, output, input + output);

    /// <summary>Makes a whole answer.</summary>
    public ReadOnlyMemory<byte> WholeOf(int input, int output, (int From, int To) lines, Book book)
    {
        var (before, after) = Whole;
        var text = book.Text(lines.From, lines.To);
        var buffer = new byte[before.MaxLength + text.Length + after.MaxLength];
        var at = before.Write(buffer, []);
        text.CopyTo(buffer.AsSpan(at));
        at += text.Length;
        at += after.Write(buffer.AsSpan(at), input, output, input + output);
        return buffer.AsMemory(0, at);
    }

    /// <summary>The body of an error status, in the vendor's words.</summary>
    /// <param name="outcome">Which status.</param>
    /// <param name="retryAfter">What it asks for; null where it does not say.</param>
    public abstract byte[] ErrorBody(Outcome outcome, TimeSpan? retryAfter);

    /// <summary>The two halves of a whole answer around its text, which is written <c>~</c>.</summary>
    protected static (Template Before, Template After) Around(string whole)
    {
        var at = whole.IndexOf('~', StringComparison.Ordinal);
        return (new(whole[..at]), new(whole[(at + 1)..]));
    }

    private static ReadOnlyMemory<byte> Fill(Template template, long first, long second, long third)
    {
        var buffer = new byte[template.MaxLength];
        return buffer.AsMemory(0, template.Write(buffer, first, second, third));
    }

    private byte[] Render(Book book, int which)
    {
        var frames = new StringBuilder();
        var ends = new int[Book.Lines + 1];
        for (var line = 0; line < Book.Lines; line++)
        {
            frames.Append(Frame(Encoding.ASCII.GetString(book.Text(line, line + 1))));
            ends[line + 1] = frames.Length;
        }

        _ends[which] = ends;
        return _frames[which] = Encoding.ASCII.GetBytes(frames.ToString());
    }
}
