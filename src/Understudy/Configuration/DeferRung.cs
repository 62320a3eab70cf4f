namespace Understudy.Configuration;

/// <summary>A rung that accepts the work for later and says where the answer will be. It needs a store: what is only in memory is no promise.</summary>
public sealed record DeferRung : RungModel
{
    /// <summary>What a caller reads where the operator wrote nothing else.</summary>
    public const string DefaultText =
        "No model can answer right now. Your request is kept under the number {id} and will be worked on as soon as one is well again.";

    /// <summary>How long an answer is kept from when it is there. Default 24 h.</summary>
    public TimeSpan Keep { get; init; } = TimeSpan.FromHours(24);

    /// <summary>How long the work may wait before it expires; null for as long as <see cref="Keep"/>. Default null.</summary>
    public TimeSpan? Deadline { get; init; }

    /// <summary>What a caller reads that did not ask for a later answer. Variables: those of a notice, and <c>{id}</c>.</summary>
    public NoticeWords Words { get; init; } = new() { Text = DefaultText };

    /// <summary>Who is told when the work is over; null for nobody. Default null.</summary>
    public WebhookModel? Webhook { get; init; }

    /// <summary>Every text that this rung can answer with, before its variables are filled in.</summary>
    public IEnumerable<string> Texts => Words.Languages.Values.Prepend(Words.Text);

    /// <inheritdoc/>
    public override string ToString() =>
        $"defer, keep {Keep}, deadline {Deadline ?? Keep}, {Words}{(Webhook is null ? "" : $", {Webhook}")}";
}
