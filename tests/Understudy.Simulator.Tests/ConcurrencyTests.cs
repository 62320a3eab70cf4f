using Understudy.Simulator.Tests.Support;

namespace Understudy.Simulator.Tests;

public sealed class ConcurrencyTests
{
    [Fact]
    public async Task HundredCallersAtOnce_EachGetTheirWholeAnswer()
    {
        await using var client = await Client.AnthropicAsync();

        var answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(async i =>
        {
            using var response = await client.MessagesAsync(Client.Message("Question " + i, stream: true));
            var (events, _) = await Client.EventsAsync(response);
            return AnthropicStreamTests.Text(events);
        }));

        Assert.Equal(Enumerable.Range(0, 100).Select(i => AnswerText.For("Question " + i, 1)), answers);
        Assert.Equal(100, client.Provider.Stats.Answered);
        Assert.Equal(answers.Sum(answer => AnswerText.Pieces(answer).Count), client.Provider.Stats.OutputTokens);
    }
}
